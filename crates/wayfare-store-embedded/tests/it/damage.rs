//! Rows that cannot be read are named.

use rusqlite::Connection;
use tempfile::TempDir;
use wayfare_model::change::Changes;
use wayfare_store::conformance::samples::{
    HERE, assignment, at, commit, contact, contact_id, customer, event, event_id, fact, session,
    session_id, visitor,
};
use wayfare_store::journeys::{AssignmentQuery, AssignmentSubject};
use wayfare_store::{Error, Stores};
use wayfare_store_embedded::{EmbeddedStore, OpenError, Options};

/// A store with one row in every table, spoilt by a statement.
async fn spoilt(statement: &str) -> (Stores, EmbeddedStore, TempDir) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = EmbeddedStore::open(directory.path(), Options::default()).expect("a store");
    let stores = store.stores();
    let changes = Changes {
        events: vec![event(1)],
        visitors: vec![visitor(1)],
        sessions: vec![session(1)],
        assignments: vec![assignment(1)],
        contacts: vec![contact(1)],
        facts: vec![fact(1)],
        ..Changes::default()
    };
    commit(&stores, HERE, changes).await.expect("a commit");
    // Reading has the rows put into the database.
    stores.journeys.stored_events().await.expect("a read");
    let connection =
        Connection::open(directory.path().join("journey.sqlite")).expect("a connection");
    assert_eq!(connection.execute(statement, ()).expect("a statement"), 1);
    (stores, store, directory)
}

fn context<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    match answer {
        Err(Error::Corrupt { context }) => context,
        other => panic!("not damaged: {other:?}"),
    }
}

#[tokio::test]
async fn a_damaged_session_is_named() {
    for (statement, problem) in [
        ("UPDATE session SET body = '{'", "EOF while parsing"),
        ("UPDATE session SET body = json_remove(body, '$.ends')", "missing field `ends`"),
        ("UPDATE session SET body = json_set(body, '$.stream', 'tv')", "unknown variant `tv`"),
        ("UPDATE session SET body = json_set(body, '$.events', -1)", "invalid value"),
        ("UPDATE session SET contact = x'00'", "16 byte value"),
    ] {
        let (stores, ..) = spoilt(statement).await;
        let context = context(stores.journeys.session(HERE, session_id(1)).await);
        assert!(
            context.starts_with(&format!("table session, key {}: ", session_id(1))),
            "{context}"
        );
        assert!(context.contains(problem), "{context}");
    }
}

#[tokio::test]
async fn a_damaged_visitor_is_named() {
    for statement in ["UPDATE visitor SET body = 'null'", "UPDATE visitor SET revision = -1"] {
        let (stores, ..) = spoilt(statement).await;
        let context = context(stores.journeys.visitor(HERE, &customer(1)).await);
        assert!(context.starts_with("table visitor, key cookie/customer-1: "), "{context}");
    }
}

#[tokio::test]
async fn a_damaged_event_is_named() {
    let (stores, ..) = spoilt("UPDATE event SET body = '[]'").await;
    let expected = format!("table event, key {}: ", event_id(1));
    let one = context(stores.journeys.event(HERE, event_id(1)).await);
    assert!(one.starts_with(&expected), "{one}");
    let list = context(stores.journeys.events_of_session(HERE, session_id(1), None, 10).await);
    assert!(list.starts_with(&expected), "{list}");
}

#[tokio::test]
async fn a_damaged_assignment_is_named() {
    let subject = AssignmentSubject::Session(session_id(1));
    let query = AssignmentQuery { subject, scope: None, state: None };
    for (statement, problem) in [
        ("UPDATE assignment SET body = ''", "EOF while parsing"),
        ("UPDATE assignment SET scope = 'world'", "unknown scope 'world'"),
        (
            "UPDATE assignment SET body = json_remove(body, '$.session_type')",
            "missing field `session_type`",
        ),
    ] {
        let (stores, ..) = spoilt(statement).await;
        let context = context(stores.journeys.assignments(HERE, &query, None, 10).await);
        let expected = format!("table assignment, key {}: ", assignment(1).id);
        assert!(context.starts_with(&expected), "{context}");
        assert!(context.contains(problem), "{context}");
    }
}

#[tokio::test]
async fn a_damaged_contact_is_named() {
    let (stores, ..) = spoilt("UPDATE contact SET merged_into = x'0102'").await;
    let context = context(stores.journeys.contact(HERE, contact_id(1)).await);
    assert!(context.starts_with(&format!("table contact, key {}: ", contact_id(1))), "{context}");
}

#[tokio::test]
async fn a_damaged_fact_is_named() {
    for (statement, problem) in [
        ("UPDATE fact SET body = '{\"journeySegmentId\": 1}'", "invalid type"),
        ("UPDATE fact SET body = '{\"weather\": [\"fine\"]}'", "unknown dimension 'weather'"),
        ("UPDATE fact SET metric = 'nStorms'", "unknown metric 'nStorms'"),
    ] {
        let (stores, store, directory) = spoilt(statement).await;
        drop(stores);
        store.close().await;
        // Facts are read when the directory is opened.
        let opened = EmbeddedStore::open(directory.path(), Options::default());
        let error = opened.err().expect("a refusal");
        let OpenError::Facts { source: Error::Corrupt { context }, .. } = error else {
            panic!("not damaged: {error:?}");
        };
        assert!(context.starts_with(&format!("table fact, key {}: ", fact(1).id)), "{context}");
        assert!(context.contains(problem), "{context}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_id_is_shown_as_it_is() {
    let (stores, ..) = spoilt("UPDATE session SET id = x'0102', due = 0").await;
    let context = context(stores.journeys.due(HERE, at(0), 10).await);
    assert!(context.starts_with("table session, key [01, 02]: "), "{context}");
}
