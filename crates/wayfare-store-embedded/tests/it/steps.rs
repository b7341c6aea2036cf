//! A process that ends at any step of making and changing fact files loses and doubles nothing.
//!
//! The test runs itself again as a child process, which writes facts, has them moved into files and
//! merged, and aborts at a named step. What it had been answered is then all there, once.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use wayfare_model::change::Changes;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::Plan;
use wayfare_store::Stores;
use wayfare_store::conformance::samples::{HERE, THERE, at, commit, fact, fact_id};
use wayfare_store_embedded::{EmbeddedStore, FactInterval, FactOptions, FactStep, Options};

use crate::plans::{by_session, counted};

/// Commits of the child; there is maintenance after each.
const COMMITS: u8 = 24;
/// The data directory of the child, the step at which it aborts, and how often it passes it before.
const DIRECTORY: &str = "WAYFARE_TEST_DIRECTORY";
const STEP: &str = "WAYFARE_TEST_STEP";
const PASSES: &str = "WAYFARE_TEST_PASSES";
/// Counts the commits that were answered.
const ANSWERED: &str = "answered";
/// Longer than all facts are old.
const RETENTION_MS: i64 = 1_000_000;

fn abort_at_step(step: FactStep) {
    static PASSED: AtomicUsize = AtomicUsize::new(0);
    if std::env::var(STEP).is_ok_and(|wanted| wanted == format!("{step:?}")) {
        let passes: usize = std::env::var(PASSES).expect("a number").parse().expect("a number");
        if PASSED.fetch_add(1, Ordering::SeqCst) == passes {
            std::process::abort();
        }
    }
}

fn open(directory: &Path, on_step: Option<fn(FactStep)>) -> EmbeddedStore {
    let facts = FactOptions {
        ship_after_ms: 0,
        ship_rows_min: 1,
        retention_ms: Some(RETENTION_MS),
        on_step,
        ..FactOptions::default()
    };
    EmbeddedStore::open(directory, Options { facts, ..Options::default() }).expect("a store")
}

/// A fact of a session, emitted so many milliseconds after the beginning.
fn of_session(id: u8, session: &str) -> Fact {
    Fact {
        emitted: at(i64::from(id)),
        happened: at(i64::from(id)),
        dimensions: [(Dimension::JourneySessionId, vec![session.to_owned()])].into(),
        ..fact(id)
    }
}

/// The n-th commit: new facts, one that replaces an older one, one that is taken back.
fn changes(number: u8) -> Changes {
    let in_session = |id: u8, session: u8| of_session(id, &format!("session {session}"));
    let mut facts: Vec<Fact> = (0..5).map(|place| in_session(number * 5 + place, number)).collect();
    if number > 1 {
        facts.push(in_session(number * 5 - 4, number));
    }
    let removed_facts = (number > 2).then(|| fact_id(number * 5 - 9)).into_iter().collect();
    Changes { facts, removed_facts, ..Changes::default() }
}

/// How many facts each session has after some commits.
fn expected(commits: u8) -> BTreeMap<String, u64> {
    let mut facts = BTreeMap::new();
    for changes in (0..commits).map(changes) {
        for fact in changes.facts {
            facts.insert(fact.id, fact.dimensions[&Dimension::JourneySessionId][0].clone());
        }
        for id in changes.removed_facts {
            facts.remove(&id);
        }
    }
    let mut counts = BTreeMap::new();
    for session in facts.into_values() {
        *counts.entry(session).or_default() += 1;
    }
    counts
}

/// Commits those that are left, with maintenance after each.
async fn go_on(stores: &Stores, directory: &Path, from: u8) {
    for number in from..COMMITS {
        commit(stores, HERE, changes(number)).await.expect("a commit");
        std::fs::write(directory.join(ANSWERED), (number + 1).to_string()).expect("a note");
        stores.facts.maintain(at(1_000)).await.expect("maintenance");
    }
}

/// Does nothing unless it is the child of a test below.
#[tokio::test]
async fn child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let store = open(directory, Some(abort_at_step));
    let stores = store.stores();
    go_on(&stores, directory, 0).await;
    let unshipped = Changes { facts: vec![of_session(250, "last")], ..Changes::default() };
    commit(&stores, HERE, unshipped).await.expect("a commit");
    stores.facts.maintain(at(RETENTION_MS * 2)).await.expect("maintenance");
}

/// Runs the child to its end at a step; how many commits it was answered.
fn run_child(directory: &Path, step: FactStep, passes: usize) -> Option<u8> {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "steps::child", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(STEP, format!("{step:?}"))
        .env(PASSES, passes.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a child");
    let answered = std::fs::read_to_string(directory.join(ANSWERED)).expect("a note");
    (!status.success()).then(|| answered.parse().expect("a number"))
}

/// The files on disk are those of the manifest.
fn check_files(directory: &Path) {
    let connection = Connection::open(directory.join("journey.sqlite")).expect("a database");
    let mut statement = connection.prepare("SELECT name FROM fact_file").expect("a statement");
    let names = statement.query_map((), |row| row.get::<_, String>(0)).expect("names");
    let mut known: Vec<String> = names.map(|name| name.expect("a name")).collect();
    let folder = directory.join("facts").join(HERE.to_string());
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .map(|name| format!("{HERE}/{name}"))
        .collect();
    known.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, known);
}

async fn check_step(step: FactStep, passes: usize) {
    let directory = tempfile::tempdir().expect("a directory");
    let directory = directory.path();
    let answered = run_child(directory, step, passes).expect("the step is passed so often");
    let context = format!("{step:?} after {passes} passes, {answered} commits answered");
    let store = open(directory, None);
    let stores = store.stores();
    if step == FactStep::AfterRetention {
        assert_eq!(counted(&stores).await, BTreeMap::new(), "{context}");
        check_files(directory);
        return;
    }
    assert_eq!(counted(&stores).await, expected(answered), "{context}");
    check_files(directory);
    stores.facts.maintain(at(1_000)).await.expect("maintenance");
    assert_eq!(counted(&stores).await, expected(answered), "{context}, maintained");
    go_on(&stores, directory, answered).await;
    assert_eq!(counted(&stores).await, expected(COMMITS), "{context}, gone on");
    drop(stores);
    store.close().await;
    let store = open(directory, None);
    assert_eq!(counted(&store.stores()).await, expected(COMMITS), "{context}, opened again");
    check_files(directory);
}

#[tokio::test]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    for step in FactStep::MAINTENANCE {
        let is_rare = [
            FactStep::DuringMerge,
            FactStep::AfterMerge,
            FactStep::DuringForget,
            FactStep::AfterRetention,
        ];
        let passes: &[usize] = if is_rare.contains(step) { &[0] } else { &[0, 5] };
        for passes in passes {
            check_step(*step, *passes).await;
        }
    }
}

#[tokio::test]
async fn facts_that_are_too_old_go_with_their_files() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    let stores = store.stores();
    go_on(&stores, directory.path(), 0).await;
    stores.facts.maintain(at(RETENTION_MS)).await.expect("maintenance");
    assert_eq!(counted(&stores).await, expected(COMMITS));
    stores.facts.maintain(at(RETENTION_MS * 2)).await.expect("maintenance");
    assert_eq!(counted(&stores).await, BTreeMap::new());
    check_files(directory.path());
}

#[tokio::test]
async fn facts_that_are_too_old_go_one_by_one_while_they_are_in_no_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let open = || {
        let facts = FactOptions { retention_ms: Some(RETENTION_MS), ..FactOptions::default() };
        let options = Options { facts, ..Options::default() };
        EmbeddedStore::open(directory.path(), options).expect("a store")
    };
    let of = |sessions: &[&str]| {
        sessions.iter().map(|session| ((*session).to_owned(), 1)).collect::<BTreeMap<_, _>>()
    };
    let store = open();
    let stores = store.stores();
    let facts = vec![
        of_session(0, "a session of long ago"),
        of_session(10, "the session after it"),
        of_session(20, "last"),
    ];
    let changes = Changes { facts, ..Changes::default() };
    commit(&stores, HERE, changes).await.expect("a commit");
    stores.facts.maintain(at(RETENTION_MS)).await.expect("maintenance");
    assert_eq!(
        counted(&stores).await,
        of(&["a session of long ago", "the session after it", "last"])
    );
    stores.facts.maintain(at(RETENTION_MS + 10)).await.expect("maintenance");
    assert_eq!(counted(&stores).await, of(&["the session after it", "last"]));

    // Its session goes on: it is there until the next time.
    let again =
        Changes { facts: vec![of_session(0, "a session of long ago")], ..Changes::default() };
    commit(&stores, HERE, again).await.expect("a commit");
    assert_eq!(
        counted(&stores).await,
        of(&["a session of long ago", "the session after it", "last"])
    );
    stores.facts.maintain(at(RETENTION_MS + 10)).await.expect("maintenance");
    assert_eq!(counted(&stores).await, of(&["the session after it", "last"]));
    let verified = store.verify_facts(HERE).await.expect("a report");
    assert!(verified.is_sound() && verified.unshipped == 2, "{verified:?}");

    let interval = FactInterval { from: at(0), to: at(1_000) };
    let file = std::fs::File::create_new(directory.path().join("exported")).expect("a file");
    let exported = store.export_facts(HERE, interval, file, Arc::new(|_| {})).await;
    assert_eq!(exported.expect("an export"), 2);
    drop(stores);
    store.close().await;
    let bytes = std::fs::read(directory.path().join("journey.sqlite")).expect("the database");
    let has = |text: &str| bytes.windows(text.len()).any(|some| some == text.as_bytes());
    assert!(
        has("the session after it") && !has("a session of long ago"),
        "the row is still in the database"
    );
    assert_eq!(counted(&open().stores()).await, of(&["the session after it", "last"]));
}

/// So many facts that are emitted at the beginning, and later ones until there are ten.
fn old_and_young(file: u8, old: u8) -> Changes {
    let of_place = |place: u8| {
        let fact = of_session(file * 10 + place, if place < old { "old" } else { "young" });
        if place < old { fact } else { Fact { emitted: at(100 + i64::from(place)), ..fact } }
    };
    Changes { facts: (0..10).map(of_place).collect(), ..Changes::default() }
}

/// The files and the facts in them, those that count no more too.
fn files_and_rows(directory: &Path) -> (i64, i64) {
    let connection = Connection::open(directory.join("journey.sqlite")).expect("a database");
    let sql = "SELECT count(*), coalesce(sum(row_count), 0) FROM fact_file";
    connection.query_row(sql, (), |row| Ok((row.get(0)?, row.get(1)?))).expect("one")
}

#[tokio::test]
async fn what_is_too_old_stays_behind_when_files_are_merged() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    let stores = store.stores();
    let now = at(RETENTION_MS + 90);
    for file in 0..7 {
        commit(&stores, HERE, old_and_young(file, 1)).await.expect("a commit");
        stores.facts.maintain(at(1_000)).await.expect("maintenance");
    }
    stores.facts.maintain(now).await.expect("maintenance");
    assert_eq!(files_and_rows(directory.path()), (7, 70), "a tenth of each is too old");
    // A fact of a file is written again beside new ones: it is counted as it was written last.
    let again = Fact { emitted: at(100), ..of_session(9, "again") };
    let facts = [old_and_young(7, 0).facts, vec![again]].concat();
    commit(&stores, HERE, Changes { facts, ..Changes::default() }).await.expect("a commit");
    stores.facts.maintain(now).await.expect("maintenance");
    let expected: BTreeMap<_, _> = [("again".to_owned(), 1), ("young".to_owned(), 72)].into();
    assert_eq!(counted(&stores).await, expected);
    assert_eq!(files_and_rows(directory.path()), (1, 73));
    check_files(directory.path());
    let verified = store.verify_facts(HERE).await.expect("a report");
    assert!(verified.is_sound() && verified.strays.is_empty(), "{verified:?}");
    drop(stores);
    store.close().await;
    let store = open(directory.path(), None);
    assert_eq!(counted(&store.stores()).await, expected, "opened again");
}

#[tokio::test]
async fn a_file_is_written_anew_when_more_than_a_fifth_of_it_is_too_old() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    let stores = store.stores();
    for (file, old) in [(0, 2), (1, 3)] {
        commit(&stores, HERE, old_and_young(file, old)).await.expect("a commit");
        stores.facts.maintain(at(1_000)).await.expect("maintenance");
    }
    assert_eq!(files_and_rows(directory.path()), (2, 20));
    stores.facts.maintain(at(RETENTION_MS + 90)).await.expect("maintenance");
    assert_eq!(files_and_rows(directory.path()), (2, 17));
    let expected = [("old".to_owned(), 2), ("young".to_owned(), 15)].into();
    assert_eq!(counted(&stores).await, expected);
    check_files(directory.path());
}

#[tokio::test]
async fn small_files_are_merged_and_superseded_facts_go() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    let stores = store.stores();
    go_on(&stores, directory.path(), 0).await;
    let connection = Connection::open(directory.path().join("journey.sqlite")).expect("a database");
    let number =
        |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0)).expect("one");
    assert!(number("SELECT count(*) FROM fact_file") < 10);
    assert!(number("SELECT count(*) FROM fact_superseded") < 30);
    assert_eq!(number("SELECT count(*) FROM fact"), 0);
    assert_eq!(number("SELECT count(*) FROM fact_shipped"), 0);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_nothing_else_fails() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    go_on(&store.stores(), directory.path(), COMMITS - 1).await;
    store.close().await;
    let folder = directory.path().join("facts").join(HERE.to_string());
    let file = std::fs::read_dir(folder).expect("files").next().expect("one").expect("a file");
    let content = std::fs::read(file.path()).expect("its content");
    let plan = by_session(Metric::JourneySessions, at(0), at(1_000));
    let mut other = content.clone();
    let end = other.len() - 1;
    other[end] ^= 1;
    for (damaged, problem) in [
        (content[..100].to_vec(), "it has 100 bytes instead of"),
        (other, "it does not end as a file of Arrow IPC"),
    ] {
        std::fs::write(file.path(), damaged).expect("a file");
        let store = open(directory.path(), None);
        let stores = store.stores();
        let error = stores.facts.run(HERE, &plan).await.expect_err("a damaged file").to_string();
        assert!(error.contains(&file.path().display().to_string()), "{error}");
        assert!(error.contains(problem), "{error}");
        // What the file has no part in goes on.
        let elsewhere = Plan { edges: vec![at(5_000), at(6_000)], ..plan.clone() };
        assert!(stores.facts.run(HERE, &elsewhere).await.is_ok());
        assert!(commit(&stores, HERE, changes(1)).await.is_ok());
        store.close().await;
    }
}

#[tokio::test]
async fn facts_that_cannot_be_put_into_a_file_are_told_until_they_can() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(directory.path(), None);
    let (stores, observer) = (store.stores(), store.observer());
    commit(&stores, HERE, changes(0)).await.expect("a commit");
    assert!(!observer.are_facts_stuck(), "nothing was tried");
    let facts = directory.path().join("facts");
    std::fs::create_dir_all(&facts).expect("a directory");
    let in_the_way = facts.join(HERE.to_string());
    std::fs::write(&in_the_way, "").expect("a file in place of the folder");
    for _ in 0..2 {
        stores.facts.maintain(at(1_000)).await.expect_err("no folder");
        assert!(observer.are_facts_stuck(), "nobody is told");
        assert_eq!(counted(&stores).await, expected(1), "they are counted all the same");
    }
    std::fs::remove_file(&in_the_way).expect("nothing in the way");
    stores.facts.maintain(at(1_000)).await.expect("maintenance");
    assert!(!observer.are_facts_stuck(), "it is over");
    assert_eq!(counted(&stores).await, expected(1));
    check_files(directory.path());
}

#[tokio::test]
async fn facts_of_one_organisation_do_not_stop_those_of_others() {
    for (stopped, other) in [(HERE, THERE), (THERE, HERE)] {
        let directory = tempfile::tempdir().expect("a directory");
        let store = open(directory.path(), None);
        let stores = store.stores();
        for organisation in [stopped, other] {
            commit(&stores, organisation, changes(0)).await.expect("a commit");
        }
        let facts = directory.path().join("facts");
        std::fs::create_dir_all(&facts).expect("a directory");
        std::fs::write(facts.join(stopped.to_string()), "").expect("a file in the way");
        stores.facts.maintain(at(1_000)).await.expect_err("no folder");
        let files = std::fs::read_dir(facts.join(other.to_string())).expect("a folder");
        assert_eq!(files.count(), 1, "the facts of {other} wait for those of {stopped}");
        store.close().await;
    }
}
