//! The stored form of bodies: what older versions wrote stays readable.
//!
//! `tests/golden` has two bodies of each kind: `full`, in which nothing is absent, and `small`. When
//! the stored form moves on purpose, the files of the older form stay, under other names, and must
//! still be read.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use wayfare_model::cells::Cells;
use wayfare_model::change::{Changes, Touch};
use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension};
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::Stores;
use wayfare_store::conformance::samples::{
    HERE, assignment, at, commit, event, fact, full_assignment, full_event, full_fact,
    full_session, full_visitor, segment_id, session, visitor,
};
use wayfare_store_embedded::{EmbeddedStore, Options};

/// A store whose bodies can be looked at and exchanged.
struct Opened {
    stores: Stores,
    /// Beside the store's own connections.
    connection: Connection,
    store: EmbeddedStore,
    directory: TempDir,
}

impl Opened {
    async fn with(changes: Changes) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let store = EmbeddedStore::open(directory.path(), Options::default()).expect("a store");
        let stores = store.stores();
        commit(&stores, HERE, changes).await.expect("a commit");
        // Reading has the rows put into the database.
        stores.journeys.stored_events().await.expect("a read");
        let connection =
            Connection::open(directory.path().join("journey.sqlite")).expect("a connection");
        Self { stores, connection, store, directory }
    }

    /// Compares the one body in a table with the golden one, then puts the golden one there, with a
    /// field that nobody knows in each object that has known fields.
    fn exchange(&self, table: &str, name: &str) {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        let stored = self.connection.query_one(&format!("SELECT body FROM {table}"), (), read);
        let text = match stored.expect("one row") {
            rusqlite::types::Value::Text(text) => text.into_bytes(),
            rusqlite::types::Value::Blob(packed) => unpacked(&packed),
            other => panic!("a body is {other:?}"),
        };
        let written: Value = serde_json::from_slice(&text).expect("a body of JSON");
        let golden = golden(table, name);
        assert_eq!(
            written, golden,
            "the stored form of {table} moved: older data must stay readable, see golden.rs"
        );
        self.put(table, golden);
    }

    /// Puts a body into a table, as text, with a field that nobody knows in each object that has
    /// known fields.
    fn put(&self, table: &str, mut body: Value) {
        add_unknown_fields(table, &mut body);
        let changed = self
            .connection
            .execute(&format!("UPDATE {table} SET body = ?"), [body.to_string()])
            .expect("an update");
        assert_eq!(changed, 1);
    }
}

/// A golden body.
fn golden(table: &str, name: &str) -> Value {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{table}.{name}.json"));
    let text = std::fs::read_to_string(&path).expect("a golden file");
    serde_json::from_str(&text).expect("a golden file of JSON")
}

/// The dictionary that bodies of events are packed with, read by itself.
const DICTIONARY: &[u8] = include_bytes!("../../src/row/event-dictionary-1.txt");

/// A packed body: the number of the dictionary, then a frame of Zstandard.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let (number, frame) = packed.split_first().expect("a number");
    assert_eq!(*number, 1);
    let mut unpacker = zstd::bulk::Decompressor::with_dictionary(DICTIONARY).expect("a dictionary");
    unpacker.decompress(frame, 1 << 20).expect("a frame")
}

/// Adds what a newer version might have written. Maps by name or dimension take no fields.
fn add_unknown_fields(within: &str, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| add_unknown_fields("", item)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                add_unknown_fields(name, field);
            }
            if !["attributes", "traits", "fact"].contains(&within) {
                fields.insert("of_tomorrow".to_owned(), serde_json::json!({ "is": [1, null] }));
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn sessions() {
    let mut before = Session { decides: None, ..full_session(1) };
    before.progress.retain(|row| row.sequence.is_none());
    let values =
        [("full", full_session(1)), ("full-before-sequences", before), ("small", session(1))];
    for (name, value) in values {
        let sessions = vec![value.clone()];
        let opened = Opened::with(Changes { sessions, ..Changes::default() }).await;
        opened.exchange("session", name);
        let read = opened.stores.journeys.session(HERE, value.id).await.expect("a session");
        assert_eq!(read, Some(value));
    }
}

#[tokio::test]
async fn visitors() {
    let mut before = full_visitor(1);
    before.progress.retain(|row| row.sequence.is_none());
    let values =
        [("full", full_visitor(1)), ("full-before-sequences", before), ("small", visitor(1))];
    for (name, value) in values {
        let visitors = vec![value.clone()];
        let opened = Opened::with(Changes { visitors, ..Changes::default() }).await;
        opened.exchange("visitor", name);
        let touch = Touch { customers: vec![value.customer.clone()], ..Touch::default() };
        let loaded = opened.stores.journeys.load(HERE, &touch).await.expect("a load");
        assert_eq!(loaded.visitors, [Visitor { revision: 1, ..value }]);
    }
}

#[tokio::test]
async fn events() {
    for (name, value) in [("full", full_event(1)), ("small", event(1))] {
        let events = vec![value.clone()];
        let opened = Opened::with(Changes { events, ..Changes::default() }).await;
        // Up to version 3 it was written as text, and said itself when the event came in.
        opened.put("event", golden("event", &format!("{name}-before-packing")));
        let event = || opened.stores.journeys.event(HERE, value.event.id);
        assert_eq!(event().await.expect("an event"), Some(value.clone()));
        let opened =
            Opened::with(Changes { events: vec![value.clone()], ..Changes::default() }).await;
        let event = || opened.stores.journeys.event(HERE, value.event.id);
        assert_eq!(event().await.expect("an event"), Some(value.clone()));
        opened.exchange("event", name);
        assert_eq!(event().await.expect("an event"), Some(value));
    }
}

#[tokio::test]
async fn assignments() {
    for (name, value) in [("full", full_assignment(1)), ("small", assignment(1))] {
        let assignments = vec![value.clone()];
        let opened = Opened::with(Changes { assignments, ..Changes::default() }).await;
        opened.exchange("assignment", name);
        let touch = Touch { assignments: vec![value.id], ..Touch::default() };
        let loaded = opened.stores.journeys.load(HERE, &touch).await.expect("a load");
        assert_eq!(loaded.assignments, [value]);
    }
}

#[tokio::test]
async fn facts() {
    for (name, value) in [("full", full_fact(1)), ("small", fact(1))] {
        let facts = vec![value.clone()];
        let opened = Opened::with(Changes { facts, ..Changes::default() }).await;
        let before = counted(&opened.stores, &value).await;
        let dimensions = value.dimensions.values().map(Vec::len).product::<usize>();
        assert_eq!(before.len(), dimensions);
        opened.exchange("fact", name);
        // Facts are read when the directory is opened.
        let Opened { stores, store, directory, .. } = opened;
        drop(stores);
        store.close().await;
        let store = EmbeddedStore::open(directory.path(), Options::default()).expect("a store");
        assert_eq!(counted(&store.stores(), &value).await, before);
    }
}

/// Rows of the change log as version 6 wrote them: every word that is stored in them.
const LOG_OF_VERSION_6: &str = "
    INSERT INTO change_log VALUES
        (?1, 1, 'session.opened', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (?1, 2, 'session.ended', 10, 20, 'cookie', 'a', ?2, ?2, 'app',
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (?1, 3, 'session.reopened', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (?1, 4, 'segment.assigned', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, 30, NULL),
        (?1, 5, 'segment.renewed', 10, 20, NULL, NULL, ?2, NULL, NULL,
            ?2, ?2, 3, 'customer', 'api', 10, NULL, NULL),
        (?1, 6, 'segment.restored', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, NULL),
        (?1, 7, 'segment.retracted', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, NULL),
        (?1, 8, 'segment.unassigned', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, 'session_ended'),
        (?1, 9, 'segment.unassigned', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, 'expired'),
        (?1, 10, 'segment.unassigned', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, 'api'),
        (?1, 11, 'segment.unassigned', 10, 20, 'cookie', 'a', ?2, ?2, 'web',
            ?2, ?2, 3, 'session', 'matched', 10, NULL, 'segment_deleted')";

#[tokio::test]
async fn changes() {
    let opened = Opened::with(Changes::default()).await;
    let ids = [HERE.as_uuid(), segment_id(7).as_uuid()].map(|id| id.as_bytes().to_vec());
    let written = opened.connection.execute(LOG_OF_VERSION_6, rusqlite::params_from_iter(ids));
    assert_eq!(written.expect("rows of version 6"), 11);
    let page = opened.stores.changes.changes(HERE, 0, 100).await.expect("a page");
    let told: Vec<String> = page
        .changes
        .iter()
        .map(|logged| {
            let change = &logged.change;
            let made = change.assignment.as_ref();
            let words = made.map(|made| (made.scope, made.origin, made.expires, made.reason));
            assert!(made.is_none_or(|made| made.segment == segment_id(7)));
            assert_eq!(
                (change.happened, change.recorded),
                (Moment::from_ms(10), Moment::from_ms(20))
            );
            format!("{} {} {words:?}", logged.sequence, change.kind)
        })
        .collect();
    let expected = [
        "1 session.opened None",
        "2 session.ended None",
        "3 session.reopened None",
        "4 segment.assigned Some((Session, Matched, Some(1970-01-01T00:00:00.030Z), None))",
        "5 segment.renewed Some((Customer, Api, None, None))",
        "6 segment.restored Some((Session, Matched, None, None))",
        "7 segment.retracted Some((Session, Matched, None, None))",
        "8 segment.unassigned Some((Session, Matched, None, Some(SessionEnded)))",
        "9 segment.unassigned Some((Session, Matched, None, Some(Expired)))",
        "10 segment.unassigned Some((Session, Matched, None, Some(Api)))",
        "11 segment.unassigned Some((Session, Matched, None, Some(SegmentDeleted)))",
    ];
    assert_eq!(told, expected);
}

/// What is counted of a fact, by the dimensions of the full one.
async fn counted(stores: &Stores, fact: &Fact) -> Cells {
    let plan = Plan {
        edges: vec![at(0), at(10)],
        time: TimeDimension::Emitted,
        metrics: vec![fact.metric],
        group_by: vec![Dimension::JourneySessionType, Dimension::JourneySessionSegmentId],
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 10,
        distinct_values_max: 10,
        asker: Asker::Client,
    };
    stores.facts.run(HERE, &plan).await.expect("a run")
}
