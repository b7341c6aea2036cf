//! Queries for few facts among many: files and rows that cannot have them are not read, and nothing is
//! missing.

use uuid::Uuid;
use wayfare_model::change::Changes;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension};
use wayfare_store::Stores;
use wayfare_store::conformance::samples::{HERE, at, commit, fact};
use wayfare_store_embedded::{EmbeddedStore, FactOptions, Options};

/// More different values than a dimension has whose codes are simply read.
const SESSIONS: u32 = 20_000;

fn session(number: u32) -> String {
    Uuid::new_v5(&Uuid::nil(), &number.to_be_bytes()).to_string()
}

fn customer(number: u32) -> String {
    format!("customer {}", number % 7)
}

/// The fact of a session; `copy` tells facts of one session apart.
fn fact_of(number: u32, copy: u32) -> Fact {
    Fact {
        id: FactId::from_uuid(Uuid::from_u64_pair(u64::from(number), u64::from(copy))),
        emitted: at(i64::from(number)),
        happened: at(i64::from(number)),
        dimensions: [
            (Dimension::JourneySessionId, vec![session(number)]),
            (Dimension::JourneyCustomerId, vec![customer(number)]),
        ]
        .into(),
        ..fact(0)
    }
}

async fn count(stores: &Stores, filter: Filter) -> u64 {
    let plan = Plan {
        edges: vec![at(-1), at(1_000_000)],
        time: TimeDimension::Emitted,
        metrics: vec![Metric::JourneySessions],
        group_by: Vec::new(),
        filter,
        flatten: false,
        views: Vec::new(),
        cells_max: 10,
        distinct_values_max: 10,
        asker: Asker::Client,
    };
    let cells = stores.facts.run(HERE, &plan).await.expect("an answer");
    (0..cells.len()).filter_map(|cell| cells.figures(0, cell)).map(|figures| figures.count).sum()
}

fn is_session(number: u32) -> Filter {
    Filter::Matches(Dimension::JourneySessionId, session(number))
}

async fn check(stores: &Stores, moved: Option<u32>) {
    let expected = |number: u32| {
        let own = u64::from(number < 2 * SESSIONS) * 2;
        if moved == Some(number) { own - 1 } else { own }
    };
    for number in [0, 1, 4_095, 4_096, 12_345, SESSIONS - 1, SESSIONS, SESSIONS + 7, 2 * SESSIONS] {
        let here = Filter::Matches(Dimension::JourneyCustomerId, customer(number));
        let elsewhere = Filter::Matches(Dimension::JourneyCustomerId, customer(number + 1));
        let both = |other: Filter| Filter::And(vec![other, is_session(number)]);
        assert_eq!(count(stores, is_session(number)).await, expected(number), "{number}");
        assert_eq!(count(stores, both(here)).await, expected(number), "{number}");
        assert_eq!(count(stores, both(elsewhere)).await, 0, "{number}");
        let alone = Filter::And(vec![Filter::Or(vec![is_session(number)])]);
        assert_eq!(count(stores, alone).await, expected(number), "{number}");
        let either = Filter::Or(vec![is_session(number), is_session(5)]);
        assert_eq!(count(stores, either).await, expected(number) + expected(5), "{number}");
    }
    let nobody = Filter::Matches(Dimension::JourneySessionId, "nobody".to_owned());
    assert_eq!(count(stores, nobody).await, 0);
}

#[tokio::test]
async fn facts_of_one_session_among_many_are_all_found() {
    let directory = tempfile::tempdir().expect("a directory");
    let facts = FactOptions { ship_after_ms: 0, ship_rows_min: 1, ..FactOptions::default() };
    let options = Options { facts, ..Options::default() };
    let store = EmbeddedStore::open(directory.path(), options).expect("a store");
    let stores = store.stores();
    // Two files with sessions of their own, each session twice in its file.
    for file in 0..2 {
        for copy in 0..2 {
            let sessions = file * SESSIONS..(file + 1) * SESSIONS;
            let facts = sessions.map(|number| fact_of(number, copy)).collect();
            let changes = Changes { facts, ..Changes::default() };
            commit(&stores, HERE, changes).await.expect("a commit");
        }
        stores.facts.maintain(at(1_000_000)).await.expect("maintenance");
    }
    check(&stores, None).await;
    // What is known of a file stays right when a fact of it is replaced.
    let mut elsewhere = fact_of(12_345, 1);
    elsewhere.dimensions.insert(Dimension::JourneySessionId, vec!["nobody else".to_owned()]);
    let changes = Changes { facts: vec![elsewhere], ..Changes::default() };
    commit(&stores, HERE, changes).await.expect("a commit");
    check(&stores, Some(12_345)).await;
    stores.facts.maintain(at(1_000_000)).await.expect("maintenance");
    check(&stores, Some(12_345)).await;
}
