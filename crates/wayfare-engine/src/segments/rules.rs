//! All active segments of an organisation, compiled.
//!
//! The seam to matching is three questions: which journey patterns an event satisfies
//! ([`Rules::satisfied`]), which segments look at the context alone ([`Rules::context_only`]), and
//! whether a segment's context patterns hold ([`CompiledSegment::context_holds`]).

use std::collections::{BTreeMap, HashMap};

use wayfare_model::event::{Event, Stream};
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Criterion, Scope, Segment};
use wayfare_model::session::{Progress, Session};
use wayfare_model::time::Moment;

use super::criterion::Comparison;
use super::keys::{ContextKey, JourneyKey, UnknownKey};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

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
    /// A pattern that no event needs to satisfy.
    #[error("a count of 0")]
    ZeroCount,
}

/// The active segments of an organisation, compiled. Never changed: an edit makes new rules.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// In the order of their ids, so that a match of several gives the same order every time.
    segments: Vec<CompiledSegment>,
    by_id: HashMap<SegmentId, usize>,
    context_only: Vec<usize>,
    journey: BTreeMap<Stream, HashMap<String, PatternGroup>>,
}

/// Journey patterns of one stream and type of session.
#[derive(Debug, Clone, Default)]
struct PatternGroup {
    of_any_event: Vec<Hit>,
    by_event_name: HashMap<String, Vec<Hit>>,
}

/// A journey pattern, by its place in [`Rules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// The index of the segment.
    pub(crate) segment: usize,
    /// The index of the pattern in the segment.
    pub(crate) pattern: usize,
}

/// One segment, compiled.
#[derive(Debug, Clone)]
pub(crate) struct CompiledSegment {
    pub(crate) id: SegmentId,
    pub(crate) version: u32,
    pub(crate) conditions_version: u32,
    pub(crate) scope: Scope,
    expiration_days: Option<u32>,
    /// The criteria of all context patterns: all patterns must hold, so the borders between them
    /// do not matter.
    context: Vec<(ContextKey, Comparison)>,
    journey: Vec<CompiledPattern>,
}

#[derive(Debug, Clone)]
struct CompiledPattern {
    criteria: Vec<(JourneyKey, Comparison)>,
    count: u32,
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
        let mut segments: Vec<_> =
            segments.into_iter().filter(|segment| segment.is_active).collect();
        segments.sort_by_key(|segment| segment.id);
        let mut rules = Self::default();
        for segment in segments {
            rules.add(segment)?;
        }
        Ok(rules)
    }

    /// Whether no segment can match.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    fn add(&mut self, segment: &Segment) -> Result<(), CompileError> {
        let compiled = CompiledSegment::compile(segment)?;
        if compiled.context.is_empty() && compiled.journey.is_empty() {
            return Ok(());
        }
        let index = self.segments.len();
        if compiled.journey.is_empty() {
            self.context_only.push(index);
        }
        for (pattern, source) in segment.conditions.journey.iter().enumerate() {
            let by_session_type = self.journey.entry(source.stream).or_default();
            let group = by_session_type.entry(source.session_type.clone()).or_default();
            let patterns = match &source.event_name {
                Some(name) => group.by_event_name.entry(name.clone()).or_default(),
                None => &mut group.of_any_event,
            };
            patterns.push(Hit { segment: index, pattern });
        }
        self.by_id.insert(compiled.id, index);
        self.segments.push(compiled);
        Ok(())
    }

    /// The journey patterns that an event satisfies, in order.
    pub(crate) fn satisfied(&self, event: &Event) -> Vec<Hit> {
        let group = self
            .journey
            .get(&event.stream)
            .and_then(|by_session_type| by_session_type.get(&event.session_type));
        let Some(group) = group else { return Vec::new() };
        let named = group.by_event_name.get(&event.name).map_or(&[][..], Vec::as_slice);
        let satisfied = |hit: &&Hit| {
            let pattern = &self.segments[hit.segment].journey[hit.pattern];
            pattern.criteria.iter().all(|(key, comparison)| comparison.holds(key.read(event)))
        };
        let mut hits: Vec<_> =
            group.of_any_event.iter().chain(named).filter(satisfied).copied().collect();
        hits.sort_unstable();
        hits
    }

    /// The indices of the segments without journey patterns, ascending.
    pub(crate) fn context_only(&self) -> &[usize] {
        &self.context_only
    }

    /// The segment at an index.
    pub(crate) fn segment(&self, index: usize) -> &CompiledSegment {
        &self.segments[index]
    }

    /// The segment that a row of progress counts for, if it still has those conditions.
    pub(crate) fn counted_by(&self, progress: &Progress, scope: Scope) -> Option<usize> {
        let index = *self.by_id.get(&progress.segment)?;
        let segment = &self.segments[index];
        let fits = segment.conditions_version == progress.conditions_version
            && segment.scope == scope
            && segment.journey.len() == progress.counts.len();
        fits.then_some(index)
    }
}

impl CompiledSegment {
    fn compile(segment: &Segment) -> Result<Self, CompileError> {
        let failed =
            |place: String| move |fault| CompileError { segment: segment.id, place, fault };
        let mut context = Vec::new();
        for (place, pattern) in segment.conditions.context.iter().enumerate() {
            let place = format!("context.patterns[{place}]");
            for (number, criterion) in pattern.criteria.iter().enumerate() {
                let compiled = compile(criterion, ContextKey::parse(&criterion.key));
                context.push(compiled.map_err(failed(format!("{place}.criteria[{number}]")))?);
            }
        }
        let mut journey = Vec::new();
        for (place, pattern) in segment.conditions.journey.iter().enumerate() {
            let place = format!("journey.patterns[{place}]");
            if pattern.count == 0 {
                return Err(failed(format!("{place}.count"))(CompileFault::ZeroCount));
            }
            let mut criteria = Vec::new();
            for (number, criterion) in pattern.criteria.iter().enumerate() {
                let compiled =
                    compile(criterion, JourneyKey::parse(pattern.stream, &criterion.key));
                criteria.push(compiled.map_err(failed(format!("{place}.criteria[{number}]")))?);
            }
            journey.push(CompiledPattern { criteria, count: pattern.count });
        }
        Ok(Self {
            id: segment.id,
            version: segment.version,
            conditions_version: segment.conditions_version,
            scope: segment.scope,
            expiration_days: segment.assignment_expiration_days,
            context,
            journey,
        })
    }

    /// Whether all context patterns hold on a session as it is now.
    pub(crate) fn context_holds(&self, session: &Session) -> bool {
        self.context.iter().all(|(key, comparison)| comparison.holds(key.read(session)))
    }

    /// When an assignment made at `assigned` will be unassigned by itself.
    pub(crate) fn expires(&self, assigned: Moment) -> Option<Moment> {
        expires(self.expiration_days, assigned)
    }

    /// Counts an event for one of the journey patterns, up to the pattern's `count`.
    pub(crate) fn count(&self, progress: &mut Progress, pattern: usize) {
        let count = &mut progress.counts[pattern];
        *count = self.journey[pattern].count.min(count.saturating_add(1));
    }

    /// A row of progress in which nothing is counted yet.
    pub(crate) fn nothing_counted(&self) -> Progress {
        Progress {
            segment: self.id,
            conditions_version: self.conditions_version,
            counts: vec![0; self.journey.len()],
        }
    }

    /// Whether every journey pattern has its count; `None` is a row that is not there.
    pub(crate) fn is_complete(&self, progress: Option<&Progress>) -> bool {
        let has = |pattern: usize| progress.map_or(0, |progress| progress.counts[pattern]);
        self.journey.iter().enumerate().all(|(index, pattern)| has(index) >= pattern.count)
    }
}

/// When an assignment made or renewed at `moment` ends after `days`, if it ends by itself.
pub(crate) fn expires(days: Option<u32>, moment: Moment) -> Option<Moment> {
    days.map(|days| moment.plus_ms(i64::from(days) * DAY_MS))
}

fn compile<K>(
    criterion: &Criterion,
    key: Result<K, UnknownKey>,
) -> Result<(K, Comparison), CompileFault> {
    Ok((key?, Comparison::compile(criterion)?))
}
