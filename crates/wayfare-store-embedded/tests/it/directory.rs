//! Opening, closing and reopening a data directory.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tempfile::TempDir;
use wayfare_model::change::{Changes, Touch};
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::fact::Metric;
use wayfare_model::id::EventId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension};
use wayfare_model::session::Visitor;
use wayfare_model::time::Moment;
use wayfare_store::conformance::samples::{
    HERE, at, commit, contact, contact_id, customer, event_id, fact, full_assignment, full_event,
    full_session, full_visitor, identifier, session, session_id, uuid,
};
use wayfare_store::documents::{Document, Kind};
use wayfare_store::{Error, Stores};
use wayfare_store_embedded::{EmbeddedStore, OpenError, Options};

fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn open(directory: &Path) -> EmbeddedStore {
    EmbeddedStore::open(directory, Options::default()).expect("a store")
}

fn changes() -> Changes {
    Changes {
        events: vec![full_event(1)],
        visitors: vec![full_visitor(1)],
        sessions: vec![full_session(1)],
        assignments: vec![full_assignment(1)],
        contacts: vec![contact(1)],
        identifiers: vec![identifier(customer(1), 1)],
        facts: vec![fact(1)],
        ..Changes::default()
    }
}

fn document() -> Document {
    Document { id: uuid(1), version: 1, written: at(0), expires: None, body: "{}".to_owned() }
}

async fn fill(stores: &Stores) {
    commit(stores, HERE, changes()).await.expect("a commit");
    stores.documents.insert(HERE, Kind::Segment, document()).await.expect("an insert");
}

/// Everything that [`fill`] wrote is there.
async fn check(stores: &Stores) {
    let touch = Touch {
        events: vec![event_id(1)],
        customers: vec![customer(1)],
        sessions: vec![session_id(1)],
        ..Touch::default()
    };
    let loaded = stores.journeys.load(HERE, &touch).await.expect("a load");
    assert_eq!(loaded.known_events.len(), 1);
    assert_eq!(loaded.visitors, [Visitor { revision: 1, ..full_visitor(1) }]);
    assert_eq!(loaded.sessions, [full_session(1)]);
    assert_eq!(loaded.assignments, [full_assignment(1)]);
    assert_eq!(loaded.contacts, [Contact { revision: 1, ..contact(1) }]);
    assert_eq!(loaded.identifiers, [identifier(customer(1), 1)]);
    let event = stores.journeys.event(HERE, event_id(1)).await.expect("an event");
    assert_eq!(event, Some(full_event(1)));
    let stored = stores.documents.fetch(HERE, Kind::Segment, uuid(1)).await.expect("a fetch");
    assert_eq!(stored, Some(document()));
    let counts = stores.journeys.segment_counts(HERE).await.expect("counts");
    assert_eq!(counts.len(), 1);
    let cells = stores.facts.run(HERE, &sessions()).await.expect("a run");
    assert_eq!(cells.len(), 1);
}

/// Counts the sessions of the first millisecond.
fn sessions() -> Plan {
    Plan {
        edges: vec![at(0), at(1)],
        time: TimeDimension::Emitted,
        metrics: vec![Metric::JourneySessions],
        group_by: Vec::new(),
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 1,
        distinct_values_max: 1_000,
        asker: Asker::Client,
    }
}

#[tokio::test]
async fn everything_is_there_after_closing_and_opening_again() {
    let directory = directory();
    let deeper = directory.path().join("not/there/yet");
    let store = open(&deeper);
    fill(&store.stores()).await;
    store.close().await;
    for _ in 0..2 {
        let store = open(&deeper);
        check(&store.stores()).await;
        store.close().await;
    }
}

#[tokio::test]
async fn everything_is_there_after_dropping_it() {
    let directory = directory();
    let store = open(directory.path());
    let stores = store.stores();
    fill(&stores).await;
    drop(store);
    // Whoever holds the stores keeps the directory open.
    check(&stores).await;
    assert!(EmbeddedStore::open(directory.path(), Options::default()).is_err());
    drop(stores);
    check(&open(directory.path()).stores()).await;
}

#[tokio::test]
async fn what_was_answered_survives_the_end_of_the_process() {
    let directory = directory();
    let store = open(directory.path());
    fill(&store.stores()).await;
    // What a process that is killed now leaves behind: the files as they are, and no lock.
    let left = tempfile::tempdir().expect("a temporary directory");
    for name in ["journey.sqlite", "journey.sqlite-wal"] {
        std::fs::copy(directory.path().join(name), left.path().join(name)).expect("a copy");
    }
    check(&open(left.path()).stores()).await;
}

#[tokio::test]
async fn a_directory_in_use_is_refused() {
    let directory = directory();
    let store = open(directory.path());
    let refused = EmbeddedStore::open(directory.path(), Options::default());
    let error = refused.err().expect("a refusal");
    let path = directory.path().display();
    assert_eq!(
        error.to_string(),
        format!("the data directory {path} is in use by another process")
    );
    store.close().await;
    open(directory.path());
}

/// A process that is being started has the files of this one open until it runs a program.
#[tokio::test]
async fn a_directory_is_free_once_it_is_closed_although_processes_are_being_started() {
    let directory = directory();
    let is_over = Arc::new(AtomicBool::new(false));
    let starting = [(); 3].map(|()| {
        let is_over = Arc::clone(&is_over);
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let started = Command::new("true").status().expect("a process");
                assert!(started.success());
            }
        })
    });
    for _ in 0..100 {
        open(directory.path()).close().await;
    }
    is_over.store(true, Ordering::Relaxed);
    for thread in starting {
        thread.join().expect("processes");
    }
}

#[tokio::test]
async fn a_closed_store_refuses_reads_and_writes() {
    let directory = directory();
    let store = open(directory.path());
    let stores = store.stores();
    fill(&stores).await;
    store.close().await;
    let read = stores.journeys.session(HERE, session_id(1)).await;
    assert!(matches!(read, Err(Error::Unavailable { .. })), "{read:?}");
    let changes = Changes { sessions: vec![session(2)], ..Changes::default() };
    let written = commit(&stores, HERE, changes).await;
    assert!(matches!(written, Err(Error::Unavailable { .. })), "{written:?}");
    let log = std::fs::metadata(directory.path().join("journey.sqlite-wal"));
    assert!(log.is_err(), "the log is carried over and removed");
    check(&open(directory.path()).stores()).await;
}

#[tokio::test]
async fn deliveries_of_a_webhook_that_is_gone_are_removed_at_opening() {
    let directory = directory();
    let store = open(directory.path());
    let stores = store.stores();
    for number in [1, 2] {
        let webhook = Document { id: uuid(number), ..document() };
        stores.documents.insert(HERE, Kind::Webhook, webhook).await.expect("an insert");
        let (state, attempts) = ("{}".to_owned(), vec!["{}".to_owned(); 2]);
        let written =
            stores.deliveries.write_deliveries(HERE, uuid(number), state, attempts, 10).await;
        written.expect("deliveries");
    }
    // As an end between the document and its deliveries leaves it.
    stores.documents.remove(HERE, Kind::Webhook, uuid(1)).await.expect("a removal");
    let count = || {
        let file = directory.path().join("journey.sqlite");
        let connection = Connection::open(file).expect("a connection");
        ["webhook_state", "webhook_attempt"].map(|table| -> i64 {
            let sql = format!("SELECT count(*) FROM {table}");
            connection.query_row(&sql, (), |row| row.get(0)).expect("a number")
        })
    };
    assert_eq!(count(), [2, 4]);
    drop(stores);
    store.close().await;
    let stores = open(directory.path()).stores();
    assert_eq!(count(), [1, 2]);
    let state = stores.deliveries.delivery_state(HERE, uuid(2)).await.expect("a read");
    assert_eq!(state.as_deref(), Some("{}"));
}

#[tokio::test]
async fn a_newer_version_is_refused_and_left_alone() {
    let directory = directory();
    let store = open(directory.path());
    fill(&store.stores()).await;
    store.close().await;
    let set_version = |version: i64| {
        let connection =
            Connection::open(directory.path().join("journey.sqlite")).expect("a connection");
        connection.pragma_update(None, "user_version", version).expect("a version");
    };
    set_version(9);
    let refused = EmbeddedStore::open(directory.path(), Options::default());
    let error = refused.err().expect("a refusal");
    assert!(matches!(error, OpenError::Newer { found: 9, known: 8, .. }), "{error:?}");
    let path = directory.path().display();
    assert_eq!(
        error.to_string(),
        format!("the data directory {path} has version 9, this program knows versions up to 8")
    );
    set_version(8);
    check(&open(directory.path()).stores()).await;
}

/// What version 1 wrote of two contacts, the second merged into the first.
const OF_VERSION_1: &str = "
    INSERT INTO contact (organisation, id, revision, created, merged_into)
        VALUES (?1, ?2, 4, 5, NULL), (?1, ?3, 1, 6, ?2);
    INSERT INTO identifier (organisation, id_type, customer_id, contact)
        VALUES (?1, 'email', 'a@example.org', ?2);
    INSERT INTO fact (organisation, metric, emitted, id, happened, value, body)
        VALUES (?1, 'nJourneySessions', 1767258000005, ?2, 1767258000004, NULL, '{}');
    INSERT INTO event (organisation, id, session, created, body)
        VALUES (?1, ?2, ?3, 7, '{\"name\":\"page_viewed\",\"stream\":\"web\",
        \"session_type\":\"web\",\"arrival\":\"live\",\"received\":8,
        \"customer\":{\"type\":\"cookie\",\"id\":\"customer-1\"}}');
    INSERT INTO identifier (organisation, id_type, customer_id, contact)
        VALUES (?1, 'email', 'deleted.long.ago@example.org', ?2);
    DELETE FROM identifier WHERE customer_id = 'deleted.long.ago@example.org';";

#[tokio::test]
async fn version_1_is_brought_to_this_version() {
    let directory = directory();
    let file = directory.path().join("journey.sqlite");
    let old = Connection::open(file).expect("a database");
    old.execute_batch(include_str!("../../src/upgrade/v1.sql")).expect("version 1");
    let [here, first, second] = [HERE.as_uuid(), contact_id(1).as_uuid(), contact_id(2).as_uuid()];
    for statement in OF_VERSION_1.split_inclusive(';') {
        let mut statement = old.prepare(statement).expect("a statement");
        let ids = [here, first, second].map(|id| id.as_bytes().to_vec());
        let wanted = statement.parameter_count();
        let written = statement.execute(rusqlite::params_from_iter(ids.iter().take(wanted)));
        written.expect("rows of version 1");
    }
    old.pragma_update(None, "user_version", 1).expect("a version");
    drop(old);
    let is_deleted = || {
        let content = std::fs::read(directory.path().join("journey.sqlite")).expect("a file");
        let trace = b"deleted.long.ago";
        !content.windows(trace.len()).any(|bytes| bytes == trace)
    };
    assert!(!is_deleted(), "SQLite leaves what it deletes");

    let store = open(directory.path());
    let journeys = store.stores().journeys;
    let known = Contact { revision: 4, created: Moment::from_ms(5), ..contact(1) };
    let found = journeys.contact(HERE, contact_id(1)).await.expect("a read");
    assert_eq!(found, Some(known));
    let merged = journeys.contacts_merged_into(HERE, contact_id(1), None, 9).await;
    let into = Some(contact_id(1));
    let expected =
        Contact { revision: 1, created: Moment::from_ms(6), merged_into: into, ..contact(2) };
    assert_eq!(merged.expect("a read"), [expected]);
    let customer = CustomerKey::new(CustomerKey::EMAIL, "a@example.org");
    let found = journeys.identifier(HERE, &customer).await.expect("a read");
    assert_eq!(found, Some(identifier(customer, 1)), "it belongs where it is");
    for (time, ms) in [(TimeDimension::Emitted, 5), (TimeDimension::Happened, 4)] {
        let plan = Plan { edges: vec![at(ms), at(ms + 1)], time, ..sessions() };
        let cells = store.stores().facts.run(HERE, &plan).await.expect("a run");
        assert_eq!(cells.len(), 1, "{time:?}");
    }
    let id = EventId::from_uuid(first);
    let event = journeys.event(HERE, id).await.expect("a read").expect("an event");
    assert_eq!(event.session.as_uuid(), second);
    let moments = (event.event.created, event.event.received);
    assert_eq!(moments, (Moment::from_ms(7), Moment::from_ms(8)));
    assert_eq!(journeys.stored_events().await.expect("a read").events, 1);
    drop(journeys);
    store.close().await;
    assert!(is_deleted(), "an older directory is written anew once");
}

#[tokio::test]
async fn one_reader_is_enough() {
    let directory = directory();
    let store = EmbeddedStore::open(directory.path(), Options { readers: 0, ..Options::default() })
        .expect("a store");
    fill(&store.stores()).await;
    check(&store.stores()).await;
}

#[test]
fn a_path_that_is_no_directory_is_refused() {
    let directory = directory();
    let file = directory.path().join("file");
    std::fs::write(&file, "text").expect("a file");
    let refused = EmbeddedStore::open(&file, Options::default());
    assert!(matches!(refused, Err(OpenError::Io { path, .. }) if path == file));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let directory = directory();
    let file = directory.path().join("journey.sqlite");
    let text = "no database at all. ".repeat(100);
    std::fs::write(&file, &text).expect("a file");
    let refused = EmbeddedStore::open(directory.path(), Options::default());
    assert!(matches!(refused, Err(OpenError::Database { path, .. }) if path == file));
    assert_eq!(std::fs::read_to_string(&file).expect("the file"), text);
}
