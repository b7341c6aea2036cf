//! Deadlines, cancelling, full queues, and queries side by side.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use wayfare_model::fact::{Fact, Metric};
use wayfare_model::id::{FactId, OrganisationId};
use wayfare_model::query::{Asker, Filter, TimeDimension};
use wayfare_model::time::Moment;

use super::*;
use crate::facts::live::Live;
use crate::facts::rows::Effect;

const FACTS: u64 = 20_000;

fn snapshot() -> Snapshot {
    let live = Live::default();
    let organisation = OrganisationId::from_uuid(uuid::Uuid::nil());
    let effects = (0..FACTS).map(|number| {
        let fact = Fact {
            id: FactId::from_uuid(uuid::Uuid::from_u128(u128::from(number))),
            metric: Metric::JourneySessions,
            emitted: Moment::from_ms(5),
            happened: Moment::from_ms(5),
            value: None,
            dimensions: std::collections::BTreeMap::new(),
        };
        Effect::Written(number as i64, fact)
    });
    live.apply(organisation, effects.collect());
    live.snapshot(organisation)
}

fn plan() -> Plan {
    Plan {
        edges: vec![Moment::from_ms(0), Moment::from_ms(10)],
        time: TimeDimension::Emitted,
        metrics: vec![Metric::JourneySessions],
        group_by: Vec::new(),
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 10,
        distinct_values_max: 10,
        asker: Asker::Client,
    }
}

fn counted(cells: &Cells) -> u64 {
    (0..cells.len()).filter_map(|cell| cells.figures(0, cell)).map(|figures| figures.count).sum()
}

#[tokio::test]
async fn queries_side_by_side_count_everything() {
    let queries = Arc::new(Queries::start(FactOptions::default()).unwrap());
    let running: Vec<_> =
        (0..FACT_QUERIES_MAX / 2).map(|_| queries.run(plan(), snapshot())).collect();
    for query in running {
        assert_eq!(counted(&query.await.unwrap()), FACTS);
    }
    let empty = queries.run(plan(), Snapshot::default()).await.unwrap();
    assert_eq!(counted(&empty), 0);
}

#[tokio::test]
async fn a_query_beyond_its_deadline_is_an_error_that_names_it() {
    let deadline = Duration::ZERO;
    let queries = Queries::start(FactOptions { deadline, ..FactOptions::default() }).unwrap();
    let error = queries.run(plan(), snapshot()).await.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { deadline: Duration::ZERO }), "{error:?}");
    // A job has a deadline of its own.
    let job = Plan { asker: Asker::Job, ..plan() };
    assert_eq!(counted(&queries.run(job.clone(), snapshot()).await.unwrap()), FACTS);
    let options = FactOptions { job_deadline: Duration::ZERO, ..FactOptions::default() };
    let queries = Queries::start(options).unwrap();
    let error = queries.run(job, snapshot()).await.unwrap_err();
    assert!(matches!(error, Error::DeadlineExceeded { deadline: Duration::ZERO }), "{error:?}");
    assert_eq!(counted(&queries.run(plan(), snapshot()).await.unwrap()), FACTS);
}

#[tokio::test]
async fn more_queries_than_may_be_are_refused_until_one_ends() {
    let queries = Queries::start(FactOptions::default()).unwrap();
    let places = queries.places.try_acquire_many(FACT_QUERIES_MAX as u32).unwrap();
    let error = queries.run(plan(), snapshot()).await.unwrap_err();
    assert!(matches!(error, Error::Busy { limit: FACT_QUERIES_MAX }), "{error:?}");
    // Nobody is there who could ask again for a job.
    let job = Plan { asker: Asker::Job, ..plan() };
    assert_eq!(counted(&queries.run(job, snapshot()).await.unwrap()), FACTS);
    drop(places);
    assert_eq!(counted(&queries.run(plan(), snapshot()).await.unwrap()), FACTS);
}

#[tokio::test]
async fn a_query_that_nobody_waits_for_gives_its_place_back() {
    let queries = Queries::start(FactOptions::default()).unwrap();
    for _ in 0..FACT_QUERIES_MAX * 2 {
        let mut query = pin!(queries.run(plan(), snapshot()));
        // It may be answered already, or not.
        let _polled = query.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    assert_eq!(counted(&queries.run(plan(), snapshot()).await.unwrap()), FACTS);
}

#[tokio::test]
async fn a_closed_store_answers_nothing() {
    let queries = Queries::start(FactOptions::default()).unwrap();
    queries.close();
    let error = queries.run(plan(), snapshot()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
}
