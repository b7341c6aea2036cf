//! Folding facts into the cells of an answer, one by one.
//!
//! This is the plain reading of a plan, for few facts and as a measure for
//! [`ColumnFold`](super::columns::ColumnFold), which gives the same [`Cells`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::cells::{CellKey, Cells, Figures, Summary};
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::{Plan, TimeDimension, ValueRange};

use super::distinct::{MIXED, Sets, hash_text};
use super::filter::{holds, values};
use super::measure::{MetricKind, is_stored, metric_kind, within};
use super::stop::Stop;

/// A group: the value of each dimension of [`Plan::group_by`], none where the fact lacks it.
type Group = Vec<Option<String>>;

/// A fold of facts under a plan.
///
/// A fact is counted in the cell of its bucket and of each of its groups, once for every measure
/// that it speaks for. A cell that no fact speaks for is not there.
#[derive(Debug)]
pub struct Fold<'plan> {
    plan: &'plan Plan,
    measures: Vec<Measured>,
    /// By group, then by the bucket's index, one per measure.
    groups: BTreeMap<Group, BTreeMap<usize, Vec<Stats>>>,
    cells: usize,
    sets: Sets,
}

/// What is known of the facts in one cell for one measure.
#[derive(Debug, Clone, Copy, Default)]
struct Stats {
    summary: Summary,
    /// The set of different values.
    set: Option<u32>,
}

impl<'plan> Fold<'plan> {
    /// An empty fold.
    #[must_use]
    pub fn new(plan: &'plan Plan) -> Self {
        Self {
            plan,
            measures: measures(plan),
            groups: BTreeMap::new(),
            cells: 0,
            sets: Sets::new(plan.distinct_values_max),
        }
    }

    /// Counts a fact. One outside the interval or the filter, or of a metric that the plan does not
    /// need, changes nothing.
    ///
    /// # Errors
    /// [`Stop`] when the answer would hold more than the plan allows.
    pub fn add(&mut self, fact: &Fact) -> Result<(), Stop> {
        let Some(bucket) = bucket_of(self.plan, fact) else { return Ok(()) };
        let observed: Vec<_> = (self.measures.iter().enumerate())
            .filter_map(|(index, measured)| Some((index, measured.observe(fact)?)))
            .collect();
        if observed.is_empty() || !holds(&self.plan.filter, fact) {
            return Ok(());
        }
        for group in GroupsOf::new(self.plan, fact) {
            let buckets = self.groups.entry(group).or_default();
            if !buckets.contains_key(&bucket) {
                self.cells += 1;
                if self.cells > self.plan.cells_max {
                    return Err(Stop::TooManyCells { limit: self.plan.cells_max });
                }
            }
            let cell = (buckets.entry(bucket))
                .or_insert_with(|| vec![Stats::default(); self.measures.len()]);
            for (index, observation) in &observed {
                if let Some(stats) = cell.get_mut(*index) {
                    record(stats, *observation, &mut self.sets)?;
                }
            }
        }
        Ok(())
    }

    /// The cells.
    ///
    /// # Errors
    /// [`Stop::TooManyDistinctValues`].
    pub fn finish(mut self) -> Result<Cells, Stop> {
        self.sets.settle()?;
        let mut cells = Cells::empty(self.plan);
        let mut texts = vec![BTreeSet::new(); self.plan.group_by.len()];
        for group in self.groups.keys() {
            for (texts, text) in texts.iter_mut().zip(group) {
                texts.extend(text.as_deref());
            }
        }
        let texts: Vec<Vec<&str>> = texts.into_iter().map(Vec::from_iter).collect();
        for (number, (group, buckets)) in (0..).zip(&self.groups) {
            cells.groups.extend(texts.iter().zip(group).map(|(texts, text)| match text {
                Some(text) => texts.binary_search(&text.as_str()).map_or(0, |at| at as u32 + 1),
                None => 0,
            }));
            let keys =
                buckets.keys().map(|bucket| CellKey { group: number, bucket: *bucket as u32 });
            cells.keys.extend(keys);
        }
        cells.places = (0..).take(cells.keys.len()).collect();
        cells.texts = texts.into_iter().map(FromIterator::from_iter).collect();
        let all = || self.groups.values().flat_map(BTreeMap::values);
        cells.figures = (self.measures.iter().enumerate())
            .map(|(index, measured)| {
                let stats = all().filter_map(|stats| stats.get(index));
                match metric_kind(measured.target) {
                    MetricKind::Counter => {
                        Figures::Counts(stats.map(|stats| stats.summary.count).collect())
                    }
                    MetricKind::Observation => {
                        Figures::Summaries(stats.map(|stats| stats.summary).collect())
                    }
                    MetricKind::Distinct(_) => {
                        let count = |set| self.sets.count(set);
                        Figures::Counts(stats.map(|stats| stats.set.map_or(0, count)).collect())
                    }
                }
            })
            .collect();
        Ok(cells)
    }
}

/// The metrics and then the views of a plan.
pub(super) fn measures(plan: &Plan) -> Vec<Measured> {
    let metrics = plan.metrics.iter().map(|metric| Measured { target: *metric, range: None });
    let views =
        (plan.views.iter()).map(|view| Measured { target: view.target, range: Some(view.range) });
    metrics.chain(views).collect()
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
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) target: Metric,
    pub(super) range: Option<ValueRange>,
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

fn record(stats: &mut Stats, observation: Observation<'_>, sets: &mut Sets) -> Result<(), Stop> {
    match observation {
        Observation::Once => stats.summary.count += 1,
        Observation::Value(value) => stats.summary.add(value),
        Observation::Ids(ids) => {
            let set = *stats.set.get_or_insert_with(|| sets.create());
            for id in ids {
                sets.insert(set, MIXED, hash_text(id.as_bytes()))?;
            }
        }
    }
    Ok(())
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
