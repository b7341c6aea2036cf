//! What [`Facts`](crate::facts::Facts) promises. How facts are folded is tested with the engine;
//! here it is which facts are.

use std::collections::BTreeMap;

use wayfare_model::cells::Summary;
use wayfare_model::change::Changes;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::OrganisationId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension, ValueRange, View};

use super::Outcome;
use super::samples::{HERE, THERE, at, commit, fact, fact_id};
use crate::error::Result;
use crate::{Error, Stores};

/// The value of each dimension of a group.
type Group = Vec<Option<String>>;

/// A plan that counts the facts of a metric over one long bucket.
#[must_use]
pub fn plan(metric: Metric) -> Plan {
    Plan {
        edges: vec![at(-1_000_000), at(1_000_000)],
        time: TimeDimension::Emitted,
        metrics: vec![metric],
        group_by: Vec::new(),
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 1_000,
        distinct_values_max: 1_000,
        asker: Asker::Client,
    }
}

/// The count that a plan of one metric gives, over all buckets and groups.
pub(super) async fn count(
    stores: &Stores,
    organisation: OrganisationId,
    plan: &Plan,
) -> Result<u64> {
    Ok(cells(stores, organisation, plan).await?.into_iter().map(|(_, _, stats)| stats.count).sum())
}

/// The cells of a plan's first metric: group, bucket and what is known.
async fn cells(
    stores: &Stores,
    organisation: OrganisationId,
    plan: &Plan,
) -> Result<Vec<(Group, usize, Summary)>> {
    measure(stores, organisation, plan, 0).await
}

/// The cells of one measure, metrics before views.
async fn measure(
    stores: &Stores,
    organisation: OrganisationId,
    plan: &Plan,
    measure: usize,
) -> Result<Vec<(Group, usize, Summary)>> {
    let cells = stores.facts.run(organisation, plan).await?;
    let known = cells.keys.iter().enumerate().filter_map(|(cell, key)| {
        let group = cells.group(key.group).map(|text| text.map(str::to_owned)).collect();
        Some((group, key.bucket as usize, cells.figures(measure, cell)?))
    });
    Ok(known.collect())
}

/// Group and count of each cell of one bucket.
pub(super) async fn groups(stores: &Stores, plan: &Plan) -> Result<Vec<(Group, u64)>> {
    let cells = cells(stores, HERE, plan).await?;
    Ok(cells.into_iter().map(|(group, _, stats)| (group, stats.count)).collect())
}

fn emitted(number: u8, ms: i64) -> Fact {
    Fact { emitted: at(ms), happened: at(ms), ..fact(number) }
}

fn with(number: u8, values: &[(Dimension, &[&str])]) -> Fact {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let dimensions: BTreeMap<_, _> =
        values.iter().map(|(dimension, values)| (*dimension, owned(values))).collect();
    Fact { dimensions, ..fact(number) }
}

async fn store(stores: &Stores, facts: Vec<Fact>) -> Outcome {
    commit(stores, HERE, Changes { facts, ..Changes::default() }).await
}

/// A bucket has the facts from its first edge, inclusive, to its second, exclusive, of the metrics
/// that are asked for.
pub async fn facts_are_counted_in_their_buckets(stores: &Stores) -> Outcome {
    let buckets = Plan { edges: vec![at(0), at(10), at(20)], ..plan(Metric::JourneySessions) };
    assert_eq!(cells(stores, HERE, &buckets).await?, []);
    let other_metric = Fact { metric: Metric::JourneySegmentsAssigned, ..emitted(8, 5) };
    let facts = vec![
        emitted(1, -1),
        emitted(2, 0),
        emitted(3, 9),
        emitted(4, 10),
        emitted(5, 19),
        emitted(6, 11),
        emitted(7, 20),
        other_metric,
    ];
    store(stores, facts).await?;
    let counted = cells(stores, HERE, &buckets).await?;
    let counts: Vec<_> = counted.iter().map(|(_, bucket, stats)| (*bucket, stats.count)).collect();
    assert_eq!(counts, [(0, 2), (1, 3)]);
    let other = Plan { metrics: vec![Metric::JourneySegmentsAssigned], ..buckets };
    assert_eq!(count(stores, HERE, &other).await?, 1);
    Ok(())
}

/// The bucket is that of the moment of emission, or of happening, as the plan says.
pub async fn the_time_that_is_asked_for_decides(stores: &Stores) -> Outcome {
    let replayed = Fact { emitted: at(5), happened: at(-500), ..fact(1) };
    let late = Fact { emitted: at(500), happened: at(5), ..fact(2) };
    store(stores, vec![replayed, late, emitted(3, 6)]).await?;
    let edges = vec![at(-600), at(0), at(10)];
    for (time, expected) in
        [(TimeDimension::Emitted, vec![(1, 2)]), (TimeDimension::Happened, vec![(0, 1), (1, 2)])]
    {
        let plan = Plan { edges: edges.clone(), time, ..plan(Metric::JourneySessions) };
        let cells = cells(stores, HERE, &plan).await?;
        let counts: Vec<_> =
            cells.iter().map(|(_, bucket, stats)| (*bucket, stats.count)).collect();
        assert_eq!(counts, expected, "{time:?}");
    }
    Ok(())
}

/// A fact is counted as it was written last, whatever its metric and times were before.
pub async fn a_fact_written_again_replaces_the_older_one(stores: &Stores) -> Outcome {
    let buckets = Plan { edges: vec![at(0), at(10), at(20)], ..plan(Metric::JourneySessions) };
    store(stores, vec![emitted(1, 5), emitted(2, 5)]).await?;
    store(stores, vec![emitted(1, 15)]).await?;
    let counted = cells(stores, HERE, &buckets).await?;
    let counts: Vec<_> = counted.iter().map(|(_, bucket, stats)| (*bucket, stats.count)).collect();
    assert_eq!(counts, [(0, 1), (1, 1)]);

    let dimension = Dimension::JourneySessionSegmentId;
    store(stores, vec![with(1, &[(dimension, &["a", "b"])])]).await?;
    let grouped = Plan { group_by: vec![dimension], ..buckets.clone() };
    let counted = groups(stores, &grouped).await?;
    let group = |value: &str| vec![Some(value.to_owned())];
    assert_eq!(counted, [(vec![None], 1), (group("a"), 1), (group("b"), 1)]);

    store(stores, vec![Fact { metric: Metric::JourneySegmentsAssigned, ..emitted(1, 5) }]).await?;
    assert_eq!(count(stores, HERE, &buckets).await?, 1);
    Ok(())
}

/// A fact that is taken back is counted no more; one that is not there does not matter.
pub async fn removed_facts_are_not_counted(stores: &Stores) -> Outcome {
    store(stores, vec![fact(1), fact(2), fact(3)]).await?;
    let removed_facts = [1, 3, 9].map(fact_id).to_vec();
    commit(stores, HERE, Changes { removed_facts, ..Changes::default() }).await?;
    assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 1);
    store(stores, vec![fact(1)]).await?;
    assert_eq!(count(stores, HERE, &plan(Metric::JourneySessions)).await?, 2);
    Ok(())
}

/// Every value of every dimension is kept: groups and filters see them all.
pub async fn groups_and_filters_see_every_value(stores: &Stores) -> Outcome {
    let (segment, country) =
        (Dimension::JourneySessionSegmentId, Dimension::JourneyIpGeolocationCountry);
    let facts = vec![
        with(1, &[(segment, &["a", "é \"quoted\""]), (country, &["DE"])]),
        with(2, &[(segment, &["a"])]),
        with(3, &[(country, &["FR"])]),
    ];
    store(stores, facts).await?;
    let sessions = plan(Metric::JourneySessions);
    let group = |value: &str| vec![Some(value.to_owned())];
    let by_segment = Plan { group_by: vec![segment], ..sessions.clone() };
    let counted = groups(stores, &by_segment).await?;
    assert_eq!(counted, [(vec![None], 1), (group("a"), 2), (group("é \"quoted\""), 1)]);

    for (filter, expected) in [
        (Filter::Matches(segment, "é \"quoted\"".to_owned()), 1),
        (Filter::Matches(segment, "A".to_owned()), 0),
        (Filter::Exists(country), 2),
        (Filter::NotExists(country), 1),
    ] {
        let filtered = Plan { filter: filter.clone(), ..sessions.clone() };
        assert_eq!(count(stores, HERE, &filtered).await?, expected, "{filter:?}");
    }
    Ok(())
}

/// The values of facts are kept to the last bit.
pub async fn values_are_summed(stores: &Stores) -> Outcome {
    let valued = |number, value| Fact {
        metric: Metric::JourneyOutcomeValue,
        value: Some(value),
        ..fact(number)
    };
    let inexact = 0.1 + 0.2;
    store(stores, vec![valued(1, inexact), valued(2, -1e300), valued(3, 4.0)]).await?;
    let view = View {
        name: "some".to_owned(),
        target: Metric::JourneyOutcomeValue,
        range: ValueRange { gte: Some(inexact), lt: Some(4.0) },
    };
    let plan = Plan { views: vec![view], ..plan(Metric::JourneyOutcomeValue) };
    let found: Vec<Summary> =
        cells(stores, HERE, &plan).await?.into_iter().map(|(_, _, stats)| stats).collect();
    let sum = -1e300;
    assert_eq!(found, [Summary { count: 3, sum, min: -1e300, max: 4.0 }]);
    let seen = measure(stores, HERE, &plan, 1).await?;
    assert_eq!(seen.iter().map(|(_, _, stats)| stats.count).collect::<Vec<_>>(), [1]);
    Ok(())
}

/// A metric of different values reads the facts of other metrics.
pub async fn distinct_values_come_from_facts_of_any_metric(stores: &Stores) -> Outcome {
    let in_session =
        |number, session: &str| with(number, &[(Dimension::JourneySessionId, &[session])]);
    let facts = vec![
        in_session(1, "one"),
        Fact { metric: Metric::JourneySegmentsAssigned, ..in_session(2, "one") },
        Fact { metric: Metric::JourneySegmentsAssigned, ..in_session(3, "two") },
        fact(4),
    ];
    store(stores, facts).await?;
    let cells = cells(stores, HERE, &plan(Metric::DistinctJourneySessions)).await?;
    assert_eq!(cells.iter().map(|(_, _, stats)| stats.count).collect::<Vec<_>>(), [2]);
    Ok(())
}

/// An answer with more cells than the plan allows is refused, one with just as many is not.
pub async fn too_many_cells_are_refused(stores: &Stores) -> Outcome {
    store(stores, vec![emitted(1, 0), emitted(2, 10), emitted(3, 20), emitted(4, 21)]).await?;
    let edges = vec![at(0), at(10), at(20), at(30)];
    let of_cells =
        |cells_max| Plan { edges: edges.clone(), cells_max, ..plan(Metric::JourneySessions) };
    assert_eq!(count(stores, HERE, &of_cells(3)).await?, 4);
    let refused = stores.facts.run(HERE, &of_cells(2)).await;
    assert!(matches!(refused, Err(Error::TooManyCells { limit: 2 })), "{refused:?}");
    Ok(())
}

/// The same ids in two organisations are two facts.
pub async fn organisations_do_not_see_each_others_facts(stores: &Stores) -> Outcome {
    let plan = plan(Metric::JourneySessions);
    store(stores, vec![fact(1), fact(2)]).await?;
    assert_eq!(count(stores, THERE, &plan).await?, 0);
    let changes = Changes { facts: vec![fact(1)], ..Changes::default() };
    commit(stores, THERE, changes).await?;
    assert_eq!(count(stores, HERE, &plan).await?, 2);
    let changes = Changes { removed_facts: vec![fact_id(1)], ..Changes::default() };
    commit(stores, THERE, changes).await?;
    assert_eq!(count(stores, THERE, &plan).await?, 0);
    assert_eq!(count(stores, HERE, &plan).await?, 2);
    Ok(())
}
