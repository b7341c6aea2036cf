//! What matching took, by segment: counted in steps, since the engine knows no clock.

use std::collections::BTreeMap;

use wayfare_model::id::SegmentId;

/// What matching a segment took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    /// Events that it was looked at for: those that satisfy one of its patterns, or that its context
    /// was judged for.
    pub evaluations: u64,
    /// One for each of these, for each pattern that was counted, and for each remembered event of an
    /// order, window or `never` that was looked through.
    pub steps: u64,
    /// Assignments that it led to.
    pub assignments: u64,
}

impl Work {
    /// Adds what was done at another time.
    pub fn add(&mut self, other: Self) {
        self.evaluations += other.evaluations;
        self.steps += other.steps;
        self.assignments += other.assignments;
    }
}

/// What was done while a batch was applied.
#[derive(Debug, Default)]
pub(super) struct Worked(BTreeMap<SegmentId, Work>);

impl Worked {
    /// A segment was looked at, with so many of its patterns satisfied.
    pub(super) fn evaluated(&mut self, segment: SegmentId, patterns: usize) {
        let work = self.0.entry(segment).or_default();
        work.evaluations += 1;
        work.steps += 1 + patterns as u64;
    }

    /// So many remembered events were looked through.
    pub(super) fn looked_through(&mut self, segment: SegmentId, events: usize) {
        self.0.entry(segment).or_default().steps += events as u64;
    }

    /// A segment was assigned.
    pub(super) fn assigned(&mut self, segment: SegmentId) {
        self.0.entry(segment).or_default().assignments += 1;
    }

    /// By segment.
    pub(super) const fn by_segment(&self) -> &BTreeMap<SegmentId, Work> {
        &self.0
    }
}
