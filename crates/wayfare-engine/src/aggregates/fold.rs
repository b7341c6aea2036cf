//! Folding facts into the cells of an answer, one by one.
//!
//! This is the plain reading of a plan. Stores with columns have faster ways; whatever they do must
//! give the same [`Partial`].

use std::borrow::Cow;

use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::query::{Group, Measure, Partial, Plan, Stats, TimeDimension, ValueRange};

use super::cells::{Room, TooManyCells};
use super::distinct;
use super::filter::{holds, values};
use super::measure::{MetricKind, is_stored, metric_kind, within};

/// A fold of facts under a plan.
///
/// A fact is counted in the cell of its bucket and of each of its groups, once for every measure
/// that it speaks for. A cell that no fact speaks for is not there.
#[derive(Debug)]
pub struct Fold<'plan> {
    plan: &'plan Plan,
    measures: Vec<Measured>,
    partial: Partial,
    room: Room,
}

impl<'plan> Fold<'plan> {
    /// An empty fold.
    #[must_use]
    pub fn new(plan: &'plan Plan) -> Self {
        let metrics = plan.metrics.iter().enumerate().map(|(index, metric)| Measured {
            measure: Measure::Metric(index),
            target: *metric,
            range: None,
        });
        let views = plan.views.iter().enumerate().map(|(index, view)| Measured {
            measure: Measure::View(index),
            target: view.target,
            range: Some(view.range),
        });
        Self {
            plan,
            measures: metrics.chain(views).collect(),
            partial: Partial::default(),
            room: Room::new(plan.cells_max),
        }
    }

    /// Counts a fact. One outside the interval or the filter, or of a metric that the plan does not
    /// need, changes nothing.
    ///
    /// # Errors
    /// [`TooManyCells`] when the answer would have more cells than the plan allows. The fold is of
    /// no use any more then.
    pub fn add(&mut self, fact: &Fact) -> Result<(), TooManyCells> {
        let Some(bucket) = bucket_of(self.plan, fact) else { return Ok(()) };
        let observed: Vec<_> = self
            .measures
            .iter()
            .filter_map(|measured| Some((measured.measure, measured.observe(fact)?)))
            .collect();
        if observed.is_empty() || !holds(&self.plan.filter, fact) {
            return Ok(());
        }
        for group in GroupsOf::new(self.plan, fact) {
            let buckets = self.partial.groups.entry(group).or_default();
            if !buckets.contains_key(&bucket) {
                self.room.take_cells(1)?;
            }
            let cell = buckets.entry(bucket).or_default();
            for (measure, observation) in &observed {
                let ids = record(cell.entry(*measure).or_default(), *observation);
                self.room.take_ids(ids)?;
            }
        }
        Ok(())
    }

    /// The cells.
    #[must_use]
    pub fn finish(self) -> Partial {
        self.partial
    }
}

/// The bucket a fact falls in.
fn bucket_of(plan: &Plan, fact: &Fact) -> Option<usize> {
    let moment = match plan.time {
        TimeDimension::Emitted => fact.emitted,
        TimeDimension::Happened => fact.happened,
    };
    let edges_passed = plan.edges.partition_point(|edge| *edge <= moment);
    if edges_passed == plan.edges.len() { None } else { edges_passed.checked_sub(1) }
}

/// A metric or a view of the plan.
#[derive(Debug)]
struct Measured {
    measure: Measure,
    target: wayfare_model::fact::Metric,
    range: Option<ValueRange>,
}

/// What a fact says to a measure.
#[derive(Debug, Clone, Copy)]
enum Observation<'fact> {
    Once,
    Value(f64),
    Ids(&'fact [String]),
}

impl Measured {
    /// What the fact says, if it speaks for this measure.
    fn observe<'fact>(&self, fact: &'fact Fact) -> Option<Observation<'fact>> {
        let (observation, value) = match metric_kind(self.target) {
            MetricKind::Counter if fact.metric == self.target => (Observation::Once, 1.0),
            MetricKind::Observation if fact.metric == self.target => {
                (Observation::Value(fact.value?), fact.value?)
            }
            MetricKind::Distinct(dimension) if is_stored(fact.metric) => {
                let ids = Some(values(fact, dimension)).filter(|ids| !ids.is_empty())?;
                (Observation::Ids(ids), 1.0)
            }
            _ => return None,
        };
        self.range.is_none_or(|range| within(range, value)).then_some(observation)
    }
}

/// Counts an observation, and tells how many more ids the cell holds now.
fn record(stats: &mut Stats, observation: Observation<'_>) -> usize {
    stats.count += 1;
    match observation {
        Observation::Once => 0,
        Observation::Value(value) => {
            stats.sum += value;
            stats.min = Some(stats.min.map_or(value, |min| min.min(value)));
            stats.max = Some(stats.max.map_or(value, |max| max.max(value)));
            0
        }
        Observation::Ids(ids) => {
            let set = stats.distinct.get_or_insert_with(distinct::empty);
            let before = distinct::weight(set);
            for id in ids {
                distinct::insert(set, id);
            }
            distinct::weight(set) - before
        }
    }
}

/// The groups of a fact, one after the other: every combination of the values of its dimensions.
///
/// They are never all in memory, since a few dimensions with many values each have more of them
/// than fit there.
struct GroupsOf<'fact> {
    /// By dimension, the values to combine: at least one, ascending, each once.
    choices: Vec<Vec<Option<Cow<'fact, str>>>>,
    /// The next combination; none behind the last one.
    next: Option<Vec<usize>>,
}

impl<'fact> GroupsOf<'fact> {
    fn new(plan: &Plan, fact: &'fact Fact) -> Self {
        let choices =
            plan.group_by.iter().map(|dimension| choices(fact, *dimension, plan.flatten)).collect();
        Self { choices, next: Some(vec![0; plan.group_by.len()]) }
    }
}

impl Iterator for GroupsOf<'_> {
    type Item = Group;

    fn next(&mut self) -> Option<Group> {
        let chosen = self.next.as_mut()?;
        let group = (self.choices.iter().zip(chosen.iter()))
            .map(|(choices, index)| choices.get(*index)?.as_deref().map(str::to_owned))
            .collect();
        // Counts up like an odometer: the last dimension runs fastest.
        let more = (self.choices.iter().zip(chosen.iter_mut())).rev().any(|(choices, index)| {
            *index = (*index + 1) % choices.len();
            *index != 0
        });
        if !more {
            self.next = None;
        }
        Some(group)
    }
}

/// The values of one dimension that the fact is counted under: each of them, or all joined (U40);
/// none of them when the fact lacks the dimension (U39).
fn choices(fact: &Fact, dimension: Dimension, flatten: bool) -> Vec<Option<Cow<'_, str>>> {
    match values(fact, dimension) {
        [] => vec![None],
        [only] => vec![Some(Cow::Borrowed(only))],
        several => {
            let mut several: Vec<&str> = several.iter().map(String::as_str).collect();
            several.sort_unstable();
            several.dedup();
            if flatten {
                vec![Some(Cow::Owned(several.join(",")))]
            } else {
                several.into_iter().map(|value| Some(Cow::Borrowed(value))).collect()
            }
        }
    }
}
