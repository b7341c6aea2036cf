//! All active segments of an organisation, compiled.
//!
//! The seam to matching is three questions: which journey patterns an event satisfies
//! ([`Rules::satisfied`]), which segments that look at the context alone hold on a session
//! ([`Rules::context_only`]), and whether the context patterns of any other segment hold
//! (`CompiledSegment::context_holds`).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;
use wayfare_model::event::Event;
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::{Progress, Session};

use super::compiled::CompiledSegment;
use super::keys::UnknownKey;
use super::layer::Layer;
use super::matcher::Scratch;

/// Changes that are kept beside the bulk of the segments until it is worth while to compile
/// everything again. Each change compiles those before it again, so this bounds what one costs.
const CHANGES_MAX: usize = 1_024;

/// A segment that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("segment {segment}, {place}: {fault}")]
pub struct CompileError {
    /// The segment.
    pub segment: SegmentId,
    /// Where in it, as a path of the contract's names.
    pub place: String,
    /// What is wrong.
    pub fault: CompileFault,
}

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileFault {
    /// The key is not in the table.
    #[error(transparent)]
    UnknownKey(#[from] UnknownKey),
    /// There is nothing to compare with.
    #[error("no values")]
    NoValues,
    /// A numeric operator has a value that does not begin with a number.
    #[error("'{0}' is not a number")]
    NoNumber(String),
    /// A `never` over a customer's whole history, which has no end.
    #[error("a count of 0 in scope Customer")]
    NeverOfCustomer,
    /// A window since the session began, over sessions.
    #[error("a window since the beginning of the session in scope Customer")]
    WindowOfCustomer,
    /// A `never` before another pattern lasts until that holds.
    #[error("a window of a count of 0 before another pattern")]
    WindowOfNeverBetween,
}

/// The active segments of an organisation, compiled. Never changed: an edit makes new rules, which
/// share with the old ones what is the same.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The bulk of the segments.
    base: Option<Arc<Layer>>,
    /// Segments that came or changed since.
    recent: Option<Arc<Layer>>,
    /// The segments of `recent`, to compile it again.
    sources: Arc<BTreeMap<SegmentId, Arc<Segment>>>,
    /// Segments that are not matched by `base` any more: changed, inactive or gone.
    replaced: Arc<HashSet<SegmentId, FixedState>>,
    /// What tells these rules from all others.
    identity: Identity,
}

/// Two are equal when they are clones of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Identity(Arc<()>);

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A journey pattern that an event satisfies, by its place in [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The segment. In the order of hits, a segment comes before all with a greater id.
    pub segment: SegmentId,
    /// The number of the segment, for `Rules::segment`.
    pub(crate) index: usize,
    /// The place of the pattern among the segment's journey patterns.
    pub pattern: usize,
}

/// A segment that looks at the context alone and holds, by its place in [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// The segment.
    pub segment: SegmentId,
    /// The number of the segment, for `Rules::segment`.
    pub(crate) index: usize,
}

impl Rules {
    /// Compiles segments. Those that are not active, and those without any condition (U12), are
    /// never matched and left out.
    ///
    /// # Errors
    /// [`CompileError`] for the first condition that cannot be compiled.
    pub fn compile<'a>(
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Result<Self, CompileError> {
        Ok(Self { base: Some(Arc::new(Layer::compile(segments)?)), ..Self::default() })
    }

    /// These rules with one segment put in, or in the place of its older version.
    ///
    /// Costs what the changes since the last [`Rules::compile`] cost, not what all segments do. When
    /// they become many, [`Rules::is_scattered`] asks for everything to be compiled again.
    ///
    /// # Errors
    /// [`CompileError`] for the first condition that cannot be compiled.
    pub fn with(&self, segment: Arc<Segment>) -> Result<Self, CompileError> {
        let mut rules = self.without(segment.id)?;
        if segment.is_active {
            Arc::make_mut(&mut rules.sources).insert(segment.id, segment);
            rules.compile_recent()?;
        }
        Ok(rules)
    }

    /// These rules without one segment.
    ///
    /// # Errors
    /// None; the segments that are compiled again were compiled before.
    pub fn without(&self, id: SegmentId) -> Result<Self, CompileError> {
        let mut rules = Self { identity: Identity::default(), ..self.clone() };
        if rules.base.as_ref().is_some_and(|base| base.place(id).is_some()) {
            Arc::make_mut(&mut rules.replaced).insert(id);
        }
        if rules.sources.contains_key(&id) {
            Arc::make_mut(&mut rules.sources).remove(&id);
            rules.compile_recent()?;
        }
        Ok(rules)
    }

    fn compile_recent(&mut self) -> Result<(), CompileError> {
        let sources = self.sources.values().map(|segment| &**segment);
        self.recent = match self.sources.is_empty() {
            true => None,
            false => Some(Arc::new(Layer::compile(sources)?)),
        };
        Ok(())
    }

    /// Whether so much has changed piece by piece that it is time to [`Rules::compile`] again. The
    /// rules are right all the same.
    #[must_use]
    pub fn is_scattered(&self) -> bool {
        self.sources.len() + self.replaced.len() > CHANGES_MAX
    }

    /// Whether no segment can match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.layers().all(|(_, layer)| {
            layer.segments.iter().all(|segment| self.replaced.contains(&segment.id))
        })
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The layers, each with the number of its first segment.
    fn layers(&self) -> impl Iterator<Item = (usize, &Layer)> {
        let base = self.base.as_deref().map(|layer| (0, layer));
        base.into_iter().chain(self.recent.as_deref().map(|layer| (self.base_len(), layer)))
    }

    fn base_len(&self) -> usize {
        self.base.as_ref().map_or(0, |base| base.segments.len())
    }

    /// Whether a segment of the layer whose first number is `first` is out of date: only the base
    /// layer has such, and it comes first.
    fn is_replaced(&self, first: usize, id: SegmentId) -> bool {
        first == 0 && self.replaced.contains(&id)
    }

    /// The journey patterns that an event satisfies, in order.
    #[must_use]
    pub fn satisfied(&self, event: &Event, scratch: &mut Scratch) -> Vec<Hit> {
        let mut hits = Vec::new();
        // A place and a pattern in one number: many are sorted faster so.
        let mut found = scratch.take_found();
        for (first, layer) in self.layers() {
            found.clear();
            layer.satisfied(event, scratch, |place, pattern| {
                found.push(u64::from(place) << 32 | u64::from(pattern));
            });
            // A layer's segments are in the order of their ids.
            found.sort_unstable();
            hits.reserve(found.len());
            for both in &found {
                let (place, pattern) = ((both >> 32) as usize, (both & 0xFFFF_FFFF) as usize);
                let segment = layer.ids[place];
                if !self.is_replaced(first, segment) {
                    hits.push(Hit { segment, index: first + place, pattern });
                }
            }
        }
        scratch.give_found(found);
        if self.recent.is_some() {
            // Two runs, each in order.
            hits.sort();
        }
        hits
    }

    /// The segments without journey patterns whose context patterns hold on a session, in order.
    #[must_use]
    pub fn context_only(&self, session: &Session, scratch: &mut Scratch) -> Vec<Holding> {
        let mut found = Vec::new();
        for (first, layer) in self.layers() {
            layer.context_only(session, scratch, |place| {
                let segment = layer.segments[place].id;
                if !self.is_replaced(first, segment) {
                    found.push(Holding { segment, index: first + place });
                }
            });
        }
        found.sort_unstable();
        found
    }

    /// The segments of nothing but `never` that look at sessions of this kind, in no order.
    pub(crate) fn never_only(&self, session: &Session) -> Vec<Holding> {
        let mut found = Vec::new();
        for (first, layer) in self.layers() {
            for place in layer.never_only.iter().map(|place| *place as usize) {
                let segment = &layer.segments[place];
                if segment.is_never_in(session) && !self.is_replaced(first, segment.id) {
                    found.push(Holding { segment: segment.id, index: first + place });
                }
            }
        }
        found
    }

    /// The segment with a number.
    pub(crate) fn segment(&self, index: usize) -> &CompiledSegment {
        let base = self.base.as_deref().map_or(&[][..], |base| &base.segments);
        let recent = self.recent.as_deref().map_or(&[][..], |recent| &recent.segments);
        base.get(index).unwrap_or_else(|| &recent[index - base.len()])
    }

    /// The number of the segment with an id, if it is matched.
    pub(crate) fn index(&self, id: SegmentId) -> Option<usize> {
        let recent = self.recent.as_ref().and_then(|recent| recent.place(id));
        if let Some(place) = recent {
            return Some(self.base_len() + place);
        }
        let place = self.base.as_ref()?.place(id)?;
        (!self.is_replaced(0, id)).then_some(place)
    }

    /// The segment that a row of progress counts for, if it still has those conditions.
    pub(crate) fn counted_by(&self, progress: &Progress, scope: Scope) -> Option<usize> {
        let index = self.index(progress.segment)?;
        self.segment(index).is_counted_by(progress, scope).then_some(index)
    }
}
