//! One segment, compiled.

use wayfare_model::event::Stream;
use wayfare_model::id::SegmentId;
use wayfare_model::segment::{Criterion, Scope, Segment};
use wayfare_model::session::{Progress, Sequence, Session};
use wayfare_model::time::Moment;

use super::criterion::Comparison;
use super::keys::{ContextKey, JourneyKey, UnknownKey};
use super::sequence::Plan;
use super::{CompileError, CompileFault};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A segment as it is matched. Where its criteria are shared with other segments they are in the
/// matchers of [`super::Rules`] and not here.
#[derive(Debug, Clone)]
pub(crate) struct CompiledSegment {
    pub(crate) id: SegmentId,
    pub(crate) version: u32,
    conditions_version: u32,
    pub(crate) scope: Scope,
    expiration_days: Option<u32>,
    /// The criteria of all context patterns, if there are journey patterns as well: all patterns
    /// must hold, so the borders between them do not matter.
    context: Box<[ContextCriterion]>,
    /// The `count` of each journey pattern.
    counts: Box<[u32]>,
    /// What the patterns ask of the moments of events, if anything.
    plan: Option<Box<Plan>>,
    /// The sessions that a segment of nothing but `never` looks at.
    never_in: Box<[(Stream, String)]>,
}

pub(crate) type ContextCriterion = (ContextKey, Comparison);
pub(crate) type JourneyCriterion = (JourneyKey, Comparison);
/// All criteria of a journey pattern; the first is the event's name, if one is asked for.
pub(crate) type JourneyCriteria = Vec<JourneyCriterion>;

/// A segment's criteria, to be put into matchers.
#[derive(Debug)]
pub(crate) struct Criteria {
    pub(crate) context: Vec<ContextCriterion>,
    /// By journey pattern; an event's name is a criterion too.
    pub(crate) journey: Vec<JourneyCriteria>,
}

impl Criteria {
    pub(crate) fn compile(segment: &Segment) -> Result<Self, CompileError> {
        let failed =
            |place: String| move |fault| CompileError { segment: segment.id, place, fault };
        let mut context = Vec::new();
        for (place, pattern) in segment.conditions.context.iter().enumerate() {
            let place = format!("context.patterns[{place}]");
            for (number, criterion) in pattern.criteria.iter().enumerate() {
                let compiled = compile(criterion, ContextKey::parse(&criterion.key));
                context.push(
                    compiled
                        .map_err(|fault| failed(format!("{place}.criteria[{number}]"))(fault))?,
                );
            }
        }
        let mut journey = Vec::new();
        for (place, pattern) in segment.conditions.journey.iter().enumerate() {
            let mut criteria = Vec::new();
            if let Some(name) = &pattern.event_name {
                criteria.push((JourneyKey::event_name(), Comparison::is(name)));
            }
            for (number, criterion) in pattern.criteria.iter().enumerate() {
                let compiled =
                    compile(criterion, JourneyKey::parse(pattern.stream, &criterion.key));
                criteria.push(compiled.map_err(|fault| {
                    failed(format!("journey.patterns[{place}].criteria[{number}]"))(fault)
                })?);
            }
            journey.push(criteria);
        }
        Ok(Self { context, journey })
    }
}

fn compile<K>(
    criterion: &Criterion,
    key: Result<K, UnknownKey>,
) -> Result<(K, Comparison), CompileFault> {
    Ok((key?, Comparison::compile(criterion)?))
}

impl CompiledSegment {
    /// `context` are the criteria that no matcher has.
    pub(super) fn new(
        segment: &Segment,
        context: Vec<ContextCriterion>,
    ) -> Result<Self, CompileError> {
        let patterns = &segment.conditions.journey;
        let plan = Plan::of(segment)?;
        let is_never_only = plan.as_ref().is_some_and(Plan::is_never_only);
        let mut never_in: Vec<(Stream, String)> = patterns
            .iter()
            .filter(|_| is_never_only)
            .map(|pattern| (pattern.stream, pattern.session_type.clone()))
            .collect();
        never_in.sort();
        never_in.dedup();
        Ok(Self {
            id: segment.id,
            version: segment.version,
            conditions_version: segment.conditions_version,
            scope: segment.scope,
            expiration_days: segment.assignment_expiration_days,
            context: context.into(),
            counts: patterns.iter().map(|pattern| pattern.count).collect(),
            plan: plan.map(Box::new),
            never_in: never_in.into(),
        })
    }

    /// What the patterns ask of the moments of events, if anything.
    pub(crate) fn plan(&self) -> Option<&Plan> {
        self.plan.as_deref()
    }

    /// Whether nothing but `never` is asked, of sessions of this kind among others.
    pub(crate) fn is_never_in(&self, session: &Session) -> bool {
        self.never_in.iter().any(|(stream, session_type)| {
            *stream == session.stream && *session_type == session.session_type
        })
    }

    /// Whether it looks at the visitor alone: then a matcher finds it, and nothing is counted.
    pub(crate) fn is_context_only(&self) -> bool {
        self.counts.is_empty()
    }

    /// Whether all context patterns hold on a session as it is now. Says yes for a segment that
    /// [looks at the context alone](Self::is_context_only): those a matcher finds.
    pub(crate) fn context_holds(&self, session: &Session) -> bool {
        self.context.iter().all(|(key, comparison)| comparison.holds(key.read(session)))
    }

    /// When an assignment made at `assigned` will be unassigned by itself.
    pub(crate) fn expires(&self, assigned: Moment) -> Option<Moment> {
        expires(self.expiration_days, assigned)
    }

    /// Whether a row of progress counts for these conditions.
    pub(crate) fn is_counted_by(&self, progress: &Progress, scope: Scope) -> bool {
        self.conditions_version == progress.conditions_version
            && self.scope == scope
            && match &self.plan {
                None => progress.sequence.is_none() && self.counts.len() == progress.counts.len(),
                Some(plan) => progress.sequence.as_deref().is_some_and(|known| plan.fits(known)),
            }
    }

    /// Counts an event for one of the journey patterns, up to the pattern's `count`.
    pub(crate) fn count(&self, progress: &mut Progress, pattern: usize) {
        let count = &mut progress.counts[pattern];
        *count = self.counts[pattern].min(count.saturating_add(1));
    }

    /// A row of progress in which nothing is counted yet.
    pub(crate) fn nothing_counted(&self) -> Progress {
        Progress {
            segment: self.id,
            conditions_version: self.conditions_version,
            counts: if self.plan.is_some() { Vec::new() } else { vec![0; self.counts.len()] },
            sequence: self.plan.as_ref().map(|_| Box::new(Sequence::default())),
        }
    }

    /// Whether every journey pattern has its count; `None` is a row that is not there. Only for
    /// segments without a [plan](Self::plan).
    pub(crate) fn is_complete(&self, progress: Option<&Progress>) -> bool {
        let has = |pattern: usize| progress.map_or(0, |progress| progress.counts[pattern]);
        self.counts.iter().enumerate().all(|(pattern, count)| has(pattern) >= *count)
    }
}

/// When an assignment made or renewed at `moment` ends after `days`, if it ends by itself.
pub(crate) fn expires(days: Option<u32>, moment: Moment) -> Option<Moment> {
    days.map(|days| moment.plus_ms(i64::from(days) * DAY_MS))
}
