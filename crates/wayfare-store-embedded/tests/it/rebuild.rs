//! Facts that are made anew from sessions and assignments, and facts of older versions that are moved
//! into files when the directory is opened: wherever the process ends, nothing is lost or doubled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::journey::{assignment_facts, session_fact};
use wayfare_model::assignment::Assignment;
use wayfare_model::change::Changes;
use wayfare_model::deletion::Deletion;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::id::IdSource;
use wayfare_store::Stores;
use wayfare_store::conformance::samples::{
    HERE, assignment, assignment_id, at, commit, contact, customer, identifier, in_session,
    session, session_id, uuid, visitor,
};
use wayfare_store_embedded::{
    EmbeddedStore, FactInterval, FactOptions, FactStep, Options, RebuiltFacts,
};

use crate::plans::by_session;

/// What the child does, in which directory, and the step at which it aborts.
const TASK: &str = "WAYFARE_TEST_REBUILD";
const DIRECTORY: &str = "WAYFARE_TEST_REBUILD_DIRECTORY";
const STEP: &str = "WAYFARE_TEST_REBUILD_STEP";
/// Sessions of the truth; each second one has an assignment.
const SESSIONS: u8 = 12;

const IDS: IdSource = IdSource::new(Uuid::from_u128(7));

fn abort_at_step(step: FactStep) {
    if std::env::var(STEP).is_ok_and(|wanted| wanted == format!("{step:?}")) {
        std::process::abort();
    }
}

fn open(directory: &Path, facts: FactOptions) -> EmbeddedStore {
    EmbeddedStore::open(directory, Options { facts, ..Options::default() }).expect("a store")
}

/// Facts go into files at once, a few in each.
fn eager() -> FactOptions {
    FactOptions {
        ship_after_ms: 0,
        ship_rows_min: 1,
        gathered_rows_max: 5,
        ..FactOptions::default()
    }
}

/// A session, its assignment if it has one, and their facts.
fn changes(number: u8) -> Changes {
    let mut session = session(number);
    session.emitted = at(i64::from(number));
    let mut changes = Changes::default();
    changes.facts.push(session_fact(&IDS, &session));
    if number.is_multiple_of(2) {
        let mut assignment = assignment(number);
        assignment.session = in_session(number);
        changes.facts.extend(assignment_facts(&IDS, &assignment, Some(&session)));
        changes.assignments.push(assignment);
    }
    changes.sessions.push(session);
    changes
}

/// A directory with facts in files, in rows and of an import.
async fn prepare(directory: &Path) -> BTreeMap<String, u64> {
    let store = open(directory, eager());
    let stores = store.stores();
    for number in 0..SESSIONS / 2 {
        commit(&stores, HERE, changes(number)).await.expect("a commit");
    }
    stores.facts.maintain(at(1_000_000)).await.expect("maintenance");
    let parquet: PathBuf = directory.join("some.parquet");
    let file = std::fs::File::create_new(&parquet).expect("a file");
    let interval = FactInterval { from: at(0), to: at(3) };
    let exported = store.export_facts(HERE, interval, file, Arc::new(|_| {})).await;
    assert!(exported.expect("an export") > 0);
    let imported = store.import_facts(HERE, parquet, at(0), Arc::new(|_| {})).await;
    assert!(imported.expect("an import").rows > 0);
    for number in SESSIONS / 2..SESSIONS {
        commit(&stores, HERE, changes(number)).await.expect("a commit");
    }
    let counted = counted(&stores).await;
    assert_eq!(counted.len(), usize::from(SESSIONS) + usize::from(SESSIONS) / 2);
    drop(stores);
    store.close().await;
    counted
}

/// Counts by metric and session.
async fn counted(stores: &Stores) -> BTreeMap<String, u64> {
    let mut counted = BTreeMap::new();
    for metric in [Metric::JourneySessions, Metric::JourneySegmentsAssigned] {
        let plan = by_session(metric, at(-1_000_000_000), at(1_000_000_000));
        let cells = stores.facts.run(HERE, &plan).await.expect("an answer");
        for (cell, key) in cells.keys.iter().enumerate() {
            let session = cells.group(key.group).next().flatten().unwrap_or("by hand");
            let count = cells.figures(0, cell).expect("a count").count;
            counted.insert(format!("{metric:?} {session}"), count);
        }
    }
    counted
}

/// Commits who the customer of this number is, and what a client assigned to its contact.
async fn commit_customer(stores: &Stores, number: u8) {
    let by_hand = Assignment {
        id: assignment_id(100 + number),
        customer: None,
        session: None,
        ..assignment(number)
    };
    let changes = Changes {
        visitors: vec![visitor(number)],
        contacts: vec![contact(number)],
        identifiers: vec![identifier(customer(number), number)],
        facts: assignment_facts(&IDS, &by_hand, None),
        assignments: vec![by_hand],
        ..Changes::default()
    };
    commit(stores, HERE, changes).await.expect("a commit");
}

fn deletion(number: u8) -> Deletion {
    Deletion { id: uuid(100 + number), customer: customer(number), seed: uuid(150 + number) }
}

async fn delete_rows(stores: &Stores, of: &Deletion) {
    while !stores.deletions.delete_rows(HERE, of, IDS, 100).await.expect("a deletion") {}
}

/// Goes on with a deletion whose rows are gone.
async fn finish_deletion(stores: &Stores, of: &Deletion) {
    stores.deletions.erase_facts(HERE, of).await.expect("files without the customer");
    stores.deletions.forget_deletion(HERE, of.id).await.expect("no deletion");
}

/// As [`prepare`], with customers who were deleted: one whose facts lie in files, one whose facts lie
/// in rows, and one whose rows are gone and whose facts in files are not erased yet.
async fn prepare_with_deleted(directory: &Path) -> BTreeMap<String, u64> {
    prepare(directory).await;
    let store = open(directory, eager());
    let stores = store.stores();
    for number in [2, 3, 4] {
        commit_customer(&stores, number).await;
    }
    stores.facts.maintain(at(1_000_000)).await.expect("maintenance");
    for number in [8, 9] {
        commit_customer(&stores, number).await;
    }
    commit(&stores, HERE, changes(8)).await.expect("a commit");
    for number in [2, 8] {
        delete_rows(&stores, &deletion(number)).await;
        finish_deletion(&stores, &deletion(number)).await;
    }
    delete_rows(&stores, &deletion(4)).await;
    let counted = counted(&stores).await;
    drop(stores);
    store.close().await;
    counted
}

/// How many facts there are, and of how many sessions.
fn extent(counted: &BTreeMap<String, u64>) -> (u64, usize) {
    (counted.values().sum(), counted.len())
}

async fn rebuild(store: &EmbeddedStore) -> RebuiltFacts {
    store.rebuild_facts(HERE, IDS, Arc::new(|_| {})).await.expect("facts")
}

fn number(directory: &Path, sql: &str) -> i64 {
    let connection = Connection::open(directory.join("journey.sqlite")).expect("a database");
    connection.query_row(sql, (), |row| row.get(0)).expect("a number")
}

/// The files on disk are those of the manifest.
fn check_files(directory: &Path) {
    let found = std::fs::read_dir(directory.join("facts").join(HERE.to_string())).expect("files");
    assert_eq!(found.count() as i64, number(directory, "SELECT count(*) FROM fact_file"));
}

/// Does nothing unless it is the child of a test below.
#[tokio::test]
async fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let directory = std::env::var_os(DIRECTORY).expect("a directory");
    let directory = Path::new(&directory);
    let options = FactOptions { on_step: Some(abort_at_step), ..eager() };
    if task == "open" {
        drop(open(directory, FactOptions { tail_rows_max: 2, ..options }));
    } else {
        rebuild(&open(directory, options)).await;
    }
}

/// Runs the child, which aborts at a step.
fn run_child(directory: &Path, task: &str, step: FactStep) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "rebuild::child", "--nocapture"])
        .env(TASK, task)
        .env(DIRECTORY, directory)
        .env(STEP, format!("{step:?}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a child");
    assert!(!status.success(), "{task} does not pass {step:?}");
}

#[tokio::test]
async fn rebuilding_counts_the_same_wherever_it_is_broken_off() {
    for step in FactStep::REBUILD {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let expected = prepare(directory).await;
        run_child(directory, "rebuild", *step);
        let store = open(directory, eager());
        assert_eq!(counted(&store.stores()).await, expected, "{step:?}");
        check_files(directory);
        let rebuilt = rebuild(&store).await;
        assert_eq!(rebuilt.facts, u64::from(SESSIONS) * 3 / 2, "{step:?}");
        assert!(rebuilt.files > 1 && rebuilt.imported > 0, "{rebuilt:?}");
        assert_eq!(counted(&store.stores()).await, expected, "{step:?}, again");
        check_files(directory);
        let verified = store.verify_facts(HERE).await.expect("a report");
        assert!(verified.is_sound(), "{verified:?}");
    }
}

#[tokio::test]
async fn facts_of_deleted_customers_are_carried_over_wherever_it_is_broken_off() {
    for step in FactStep::REBUILD {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let expected = prepare_with_deleted(directory).await;
        assert_eq!(expected["JourneySegmentsAssigned by hand"], 5);
        run_child(directory, "rebuild", *step);
        let store = open(directory, eager());
        let stores = store.stores();
        assert_eq!(counted(&stores).await, expected, "{step:?}");
        check_files(directory);
        for _ in 0..2 {
            let rebuilt = rebuild(&store).await;
            // Of sessions, of what was assigned in them, and of what clients assigned.
            assert_eq!((rebuilt.facts, rebuilt.kept), (9 + 3 + 2, 3 + 3 + 3), "{step:?}");
            assert_eq!(counted(&stores).await, expected, "{step:?}, again");
            check_files(directory);
        }
        // The deletion that was under way goes on and finds what was carried over.
        finish_deletion(&stores, &deletion(4)).await;
        let erased = counted(&stores).await;
        assert_eq!(extent(&erased), extent(&expected), "{step:?}, erased");
        let name = session_id(4).to_string();
        assert!(erased.keys().all(|session| !session.contains(&name)), "{erased:?}");
        assert_eq!(rebuild(&store).await.kept, 9, "{step:?}, erased");
        assert_eq!(counted(&stores).await, erased, "{step:?}, erased and rebuilt");
        let verified = store.verify_facts(HERE).await.expect("a report");
        assert!(verified.is_sound(), "{verified:?}");
    }
}

#[tokio::test]
async fn what_was_carried_over_is_not_counted_beside_history_that_comes_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let expected = prepare_with_deleted(directory.path()).await;
    let store = open(directory.path(), eager());
    let stores = store.stores();
    rebuild(&store).await;
    for _ in 0..2 {
        commit(&stores, HERE, changes(2)).await.expect("a commit");
        assert_eq!(counted(&stores).await.values().sum::<u64>(), extent(&expected).0);
        stores.facts.maintain(at(1_000_000)).await.expect("maintenance");
        let rebuilt = rebuild(&store).await;
        assert_eq!((rebuilt.facts, rebuilt.kept), (16, 7));
        assert_eq!(counted(&stores).await.values().sum::<u64>(), extent(&expected).0);
    }
}

#[tokio::test]
async fn files_whose_facts_cannot_be_carried_over_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let expected = prepare_with_deleted(directory).await;
    let store = open(directory, eager());
    rebuild(&store).await;
    store.close().await;
    // Facts that were carried over are in the files that were made last.
    let connection = Connection::open(directory.join("journey.sqlite")).expect("a database");
    let sql = "SELECT name FROM fact_file WHERE origin = 'own' ORDER BY id DESC LIMIT 1";
    let name: String = connection.query_row(sql, (), |row| row.get(0)).expect("a name");
    let path = directory.join("facts").join(&name);
    let mut content = std::fs::read(&path).expect("its content");
    let middle = content.len() / 2;
    content[middle] ^= 0x55;
    std::fs::write(&path, content).expect("a damaged file");
    let store = open(directory, eager());
    let rebuilt = rebuild(&store).await;
    assert_eq!(rebuilt.facts, 14);
    assert!(rebuilt.kept < 9, "{rebuilt:?}");
    let [(damaged, problem)] = &rebuilt.replaced[..] else { panic!("{rebuilt:?}") };
    assert!(*damaged == name && problem.contains("checksum"), "{rebuilt:?}");
    let left = counted(&store.stores()).await.values().sum::<u64>();
    assert_eq!(left + 9 - rebuilt.kept, extent(&expected).0);
    assert_eq!(rebuild(&store).await, RebuiltFacts { replaced: Vec::new(), ..rebuilt });
}

#[tokio::test]
async fn facts_that_change_after_a_rebuild_are_counted_as_they_are_then() {
    let directory = tempfile::tempdir().expect("a directory");
    let expected = prepare(directory.path()).await;
    let store = open(directory.path(), eager());
    let stores = store.stores();
    rebuild(&store).await;
    let mut again = changes(SESSIONS - 1);
    again.facts[0].dimensions.insert(Dimension::JourneySessionId, vec!["other".to_owned()]);
    commit(&stores, HERE, again).await.expect("a commit");
    let mut changed = expected.clone();
    let session = session(SESSIONS - 1).id;
    assert_eq!(changed.remove(&format!("JourneySessions {session}")), Some(1));
    changed.insert("JourneySessions other".to_owned(), 1);
    assert_eq!(counted(&stores).await, changed);
    rebuild(&store).await;
    assert_eq!(counted(&stores).await, expected);
}

#[tokio::test]
async fn a_lost_file_is_made_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let expected = prepare(directory).await;
    let name = |origin: &str| {
        let connection = Connection::open(directory.join("journey.sqlite")).expect("a database");
        let sql = "SELECT name FROM fact_file WHERE origin = ? LIMIT 1";
        let name: String = connection.query_row(sql, [origin], |row| row.get(0)).expect("a name");
        directory.join("facts").join(name)
    };
    std::fs::remove_file(name("own")).expect("a file");
    let store = open(directory, eager());
    assert!(!store.verify_facts(HERE).await.expect("a report").is_sound());
    assert!(rebuild(&store).await.damaged.is_empty());
    assert_eq!(counted(&store.stores()).await, expected);
    store.close().await;
    std::fs::write(name("imported"), "no facts").expect("a file");
    let store = open(directory, eager());
    let rebuilt = rebuild(&store).await;
    assert_eq!((rebuilt.damaged.len(), rebuilt.imported), (1, 0), "{rebuilt:?}");
    assert!(rebuilt.damaged[0].1.contains("8 bytes"), "{rebuilt:?}");
}

#[tokio::test]
async fn too_many_rows_for_memory_go_into_files_when_the_directory_is_opened() {
    for step in [None, Some(FactStep::AfterWrite), Some(FactStep::AfterRename)] {
        let directory = tempfile::tempdir().expect("a directory");
        let directory = directory.path();
        let expected = prepare(directory).await;
        let rows = number(directory, "SELECT count(*) FROM fact");
        assert!(rows > 5, "{rows}");
        let files = number(directory, "SELECT count(*) FROM fact_file");
        if let Some(step) = step {
            run_child(directory, "open", step);
            assert_eq!(number(directory, "SELECT count(*) FROM fact"), rows);
        }
        let few = FactOptions { tail_rows_max: 2, ..eager() };
        let store = open(directory, few);
        assert_eq!(counted(&store.stores()).await, expected, "{step:?}");
        assert_eq!(number(directory, "SELECT count(*) FROM fact"), 0);
        assert!(number(directory, "SELECT count(*) FROM fact_file") >= files + 2);
        check_files(directory);
        store.close().await;
        assert_eq!(counted(&open(directory, few).stores()).await, expected, "{step:?}, again");
    }
}
