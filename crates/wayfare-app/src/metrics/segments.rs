//! What each segment costs, and how often it is matched.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wayfare_engine::journey::Work;
use wayfare_model::id::{OrganisationId, SegmentId};
use wayfare_model::limits::{METRICS_SEGMENTS_COUNTED_MAX, METRICS_SEGMENTS_MAX};
use wayfare_model::metrics::Family;

type Key = (OrganisationId, SegmentId);

/// The work of matching, by segment.
#[derive(Debug, Default)]
pub(crate) struct SegmentMetrics(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    all: Work,
    by_segment: HashMap<Key, Work>,
}

impl SegmentMetrics {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what a batch took.
    pub(crate) fn add(&self, organisation: OrganisationId, done: &BTreeMap<SegmentId, Work>) {
        if done.is_empty() {
            return;
        }
        let mut counts = self.lock();
        for (segment, work) in done {
            counts.all.add(*work);
            let key = (organisation, *segment);
            let has_room = counts.by_segment.len() < METRICS_SEGMENTS_COUNTED_MAX;
            if has_room || counts.by_segment.contains_key(&key) {
                counts.by_segment.entry(key).or_default().add(*work);
            }
        }
    }

    /// Forgets a segment that is deleted.
    pub(crate) fn forget(&self, organisation: OrganisationId, segment: SegmentId) {
        self.lock().by_segment.remove(&(organisation, segment));
    }

    pub(super) fn families(&self) -> Vec<Family> {
        let counts = self.lock();
        let all = counts.all;
        let mut families = vec![
            Family::counter(
                "wayfare_matcher_evaluations",
                "Segments looked at for an event, all segments together",
            )
            .with(all.evaluations),
            Family::counter("wayfare_matcher_steps", "Steps of matching, all segments together")
                .with(all.steps),
            Family::counter(
                "wayfare_matcher_assignments",
                "Assignments that matching led to, all segments together",
            )
            .with(all.assignments),
        ];
        let mut steps = Family::counter(
            "wayfare_segment_steps",
            "Steps of matching, by segment: those with the most steps or assignments",
        );
        let mut assignments = Family::counter(
            "wayfare_segment_assignments",
            "Assignments that matching led to, by segment: those with the most steps or assignments",
        );
        for (organisation, segment) in counts.foremost() {
            let Some(work) = counts.by_segment.get(&(organisation, segment)) else { continue };
            let (organisation, segment) = (organisation.to_string(), segment.to_string());
            let labels = [("organisation", organisation.as_str()), ("segment", segment.as_str())];
            steps = steps.labelled(labels, work.steps);
            assignments = assignments.labelled(labels, work.assignments);
        }
        families.extend([steps, assignments]);
        families
    }
}

impl Counts {
    /// The segments that are told of one by one, in the order of their ids.
    fn foremost(&self) -> Vec<Key> {
        let first_by = |value: fn(&Work) -> u64| {
            let mut keys: Vec<_> = self.by_segment.iter().collect();
            let rank = |(key, work): &(&Key, &Work)| (std::cmp::Reverse(value(work)), **key);
            if keys.len() > METRICS_SEGMENTS_MAX {
                keys.select_nth_unstable_by_key(METRICS_SEGMENTS_MAX, rank);
                keys.truncate(METRICS_SEGMENTS_MAX);
            }
            keys.into_iter().map(|(key, _)| *key)
        };
        let keys: HashSet<Key> =
            first_by(|work| work.steps).chain(first_by(|work| work.assignments)).collect();
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_unstable();
        keys
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn segment(number: u128) -> SegmentId {
        SegmentId::from_uuid(Uuid::from_u128(number))
    }

    fn series(metrics: &SegmentMetrics, name: &str) -> Vec<(String, f64)> {
        let families = metrics.families();
        let family = families.iter().find(|family| family.name == name).unwrap();
        let value = |value: &_| match value {
            wayfare_model::metrics::Value::Number(number) => *number,
            other => panic!("{other:?}"),
        };
        let label = |labels: &[(&str, String)]| labels.last().map(|(_, text)| text.clone());
        let read = family.series.iter();
        read.map(|one| (label(&one.labels).unwrap_or_default(), value(&one.value))).collect()
    }

    #[test]
    fn only_the_foremost_segments_are_named_and_all_are_counted() {
        let metrics = SegmentMetrics::default();
        let organisation = OrganisationId::from_uuid(Uuid::from_u128(1));
        let number = METRICS_SEGMENTS_MAX as u64 * 4;
        for at in 1..=number {
            // Those with many steps have few assignments.
            let work = Work { evaluations: 1, steps: at, assignments: number - at };
            let done = BTreeMap::from([(segment(u128::from(at)), work)]);
            metrics.add(organisation, &done);
        }
        let named = series(&metrics, "wayfare_segment_steps");
        assert_eq!(named.len(), METRICS_SEGMENTS_MAX * 2);
        assert!(named.contains(&(segment(u128::from(number)).to_string(), number as f64)));
        assert!(named.contains(&(segment(1).to_string(), 1.0)));
        assert!(!named.iter().any(|(id, _)| *id == segment(u128::from(number / 2)).to_string()));
        let all = number * (number + 1) / 2;
        assert_eq!(series(&metrics, "wayfare_matcher_steps"), [(String::new(), all as f64)]);

        metrics.forget(organisation, segment(1));
        assert!(!series(&metrics, "wayfare_segment_steps").iter().any(|(_, steps)| *steps == 1.0));
        assert_eq!(series(&metrics, "wayfare_matcher_steps"), [(String::new(), all as f64)]);
    }
}
