//! Facts that are imported again because a file that has them is damaged: all are there afterwards, once,
//! wherever the process ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rusqlite::Connection;
use wayfare_model::change::Changes;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::Deletion;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::IdSource;
use wayfare_store::conformance::samples::{HERE, at, commit, customer, fact, uuid};
use wayfare_store_embedded::{
    EmbeddedStore, FactImport, FactInterval, FactOptions, FactStep, ImportError, ImportedFacts,
    Options,
};

use crate::plans::{by_session, counted};

/// Where the child works, and the step at which it aborts.
const DIRECTORY: &str = "WAYFARE_TEST_IMPORT_DIRECTORY";
const STEP: &str = "WAYFARE_TEST_IMPORT_STEP";
/// Files that are imported: as many as are merged into one.
const FILES: u8 = 8;
const IDS: IdSource = IdSource::new(uuid(200));

fn abort_at_step(step: FactStep) {
    if std::env::var(STEP).is_ok_and(|wanted| wanted == format!("{step:?}")) {
        std::process::abort();
    }
}

fn open(place: &Path, on_step: Option<fn(FactStep)>) -> EmbeddedStore {
    let facts = FactOptions { on_step, ..FactOptions::default() };
    EmbeddedStore::open(&place.join("data"), Options { facts, ..Options::default() })
        .expect("a store")
}

fn name(number: u8) -> String {
    format!("{number}.parquet")
}

/// Makes files to be imported, of two facts each.
async fn make_files(place: &Path) {
    let facts = (0..FILES * 2).map(|number| Fact {
        emitted: at(i64::from(number)),
        happened: at(i64::from(number)),
        dimensions: [
            (Dimension::JourneySessionId, vec![format!("of {}", number / 2)]),
            (Dimension::JourneyCustomerId, vec![customer(1).id]),
        ]
        .into(),
        ..fact(number)
    });
    let store = EmbeddedStore::open(&place.join("elsewhere"), Options::default()).expect("a store");
    let changes = Changes { facts: facts.collect(), ..Changes::default() };
    commit(&store.stores(), HERE, changes).await.expect("a commit");
    for number in 0..FILES {
        let (from, to) = (at(i64::from(number) * 2), at(i64::from(number) * 2 + 2));
        let file = std::fs::File::create_new(place.join(name(number))).expect("a file");
        let interval = FactInterval { from, to };
        let exported = store.export_facts(HERE, interval, file, Arc::new(|_| {})).await;
        assert_eq!(exported.expect("an export"), 2);
    }
}

async fn import(
    store: &EmbeddedStore,
    import: impl Into<FactImport>,
) -> Result<ImportedFacts, ImportError> {
    store.import_facts(HERE, import, at(0), Arc::new(|_| {})).await
}

/// A directory into which some files were imported just now.
async fn import_all(place: &Path, files: u8) {
    make_files(place).await;
    let store = open(place, None);
    for number in 0..files {
        let imported = import(&store, place.join(name(number))).await.expect("an import");
        assert_eq!(imported, new());
    }
    store.close().await;
}

/// A directory into which some files were imported.
async fn prepare(place: &Path, files: u8) {
    import_all(place, files).await;
    let store = open(place, None);
    store.stores().facts.maintain(at(1_000)).await.expect("maintenance");
    assert_eq!(counted(&store.stores()).await, all(files));
    store.close().await;
}

/// Two facts that were not known.
fn new() -> ImportedFacts {
    ImportedFacts { rows: 2, ..ImportedFacts::default() }
}

fn all(files: u8) -> BTreeMap<String, u64> {
    (0..files).map(|number| (format!("of {number}"), 2)).collect()
}

fn database(place: &Path) -> Connection {
    Connection::open(place.join("data/journey.sqlite")).expect("a database")
}

/// Changes a letter in the file that was made first, which stays readable; gives its name.
fn damage(place: &Path) -> String {
    let sql = "SELECT name FROM fact_file ORDER BY id LIMIT 1";
    let name: String = database(place).query_row(sql, (), |row| row.get(0)).expect("a name");
    let path = place.join("data/facts").join(&name);
    let mut content = std::fs::read(&path).expect("its content");
    let letter = content.windows(4).position(|bytes| bytes == b"of 0").expect("a session");
    content[letter] = b'O';
    std::fs::write(&path, content).expect("a damaged file");
    name
}

/// The files on disk are those of the manifest, and all is well.
async fn check_sound(place: &Path, store: &EmbeddedStore) {
    let verified = store.verify_facts(HERE).await.expect("a report");
    assert!(verified.is_sound() && verified.strays.is_empty(), "{verified:?}");
    let sql = "SELECT count(*) FROM fact_file";
    let named: i64 = database(place).query_row(sql, (), |row| row.get(0)).expect("a number");
    let folder = place.join("data/facts").join(HERE.to_string());
    assert_eq!(std::fs::read_dir(folder).expect("files").count() as i64, named);
}

/// All files, the first of them to be imported first.
fn together(place: &Path, file: u8, files: u8) -> FactImport {
    FactImport {
        file: place.join(name(file)),
        beside: (0..files).map(|number| place.join(name(number))).collect(),
        gives_up_others: false,
    }
}

#[tokio::test]
async fn what_lies_in_a_damaged_file_is_imported_again() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    prepare(place, 2).await;
    let damaged = damage(place);
    let store = open(place, None);
    let verified = store.verify_facts(HERE).await.expect("a report");
    let [wrong, right] = &verified.files[..] else { panic!("{verified:?}") };
    assert_eq!((&wrong.name, &wrong.imports), (&damaged, &vec![name(0)]));
    assert!(wrong.problem.as_ref().is_some_and(|problem| problem.contains("checksum")));
    assert_eq!((&right.problem, &right.imports), (&None, &vec![name(1)]));
    // What is whole is not imported again.
    let was_there = ImportedFacts { was_there: true, ..new() };
    assert_eq!(import(&store, place.join(name(1))).await.expect("nothing"), was_there);
    let again = ImportedFacts { is_again: true, ..new() };
    assert_eq!(import(&store, place.join(name(0))).await.expect("an import"), again);
    assert_eq!(counted(&store.stores()).await, all(2));
    check_sound(place, &store).await;
    for number in [0, 1] {
        assert_eq!(import(&store, place.join(name(number))).await.expect("nothing"), was_there);
    }
    store.close().await;
    let store = open(place, None);
    assert_eq!(counted(&store.stores()).await, all(2));
    check_sound(place, &store).await;
}

#[tokio::test]
async fn imports_that_share_a_damaged_file_are_imported_again_together() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    prepare(place, FILES).await;
    let damaged = damage(place);
    let store = open(place, None);
    let verified = store.verify_facts(HERE).await.expect("a report");
    assert_eq!(verified.files.len(), 1, "they were merged");
    assert_eq!(verified.files[0].imports.len(), usize::from(FILES));
    let refused = import(&store, place.join(name(3))).await.expect_err("a refusal");
    let text = refused.to_string();
    assert!(text.contains(&name(3)) && text.contains(&damaged), "{text}");
    let ImportError::Together { missing, .. } = refused else { panic!("{text}") };
    assert_eq!(missing.len(), usize::from(FILES) - 1);
    for number in (0..FILES).filter(|number| *number != 3) {
        assert!(missing.iter().any(|it| it.starts_with(&name(number))), "{missing:?}");
    }
    // A refusal changes nothing.
    assert_eq!(store.verify_facts(HERE).await.expect("a report"), verified);
    for number in 0..FILES {
        let expected = ImportedFacts { is_again: number == 0, ..new() };
        let imported = import(&store, together(place, number, FILES)).await;
        assert_eq!(imported.expect("an import"), expected, "{number}");
    }
    assert_eq!(counted(&store.stores()).await, all(FILES));
    check_sound(place, &store).await;
    store.stores().facts.maintain(at(1_000)).await.expect("maintenance");
    assert_eq!(counted(&store.stores()).await, all(FILES));
}

#[tokio::test]
async fn what_nobody_has_any_more_is_given_up_when_that_is_asked_for() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    prepare(place, FILES).await;
    damage(place);
    let store = open(place, None);
    let wish = FactImport { gives_up_others: true, ..together(place, 3, 5) };
    let imported = import(&store, wish).await.expect("an import");
    assert!(imported.is_again, "{imported:?}");
    assert_eq!(imported.given_up.len(), 3, "{imported:?}");
    for (number, given_up) in (5..FILES).zip(&imported.given_up) {
        assert!(given_up.starts_with(&name(number)), "{given_up}");
    }
    assert_eq!(counted(&store.stores()).await, [("of 3".to_owned(), 2)].into());
    // Whoever finds a copy imports it as if it had never been there.
    for number in (0..FILES).filter(|number| *number != 3) {
        assert_eq!(import(&store, place.join(name(number))).await.expect("an import"), new());
    }
    assert_eq!(counted(&store.stores()).await, all(FILES));
    check_sound(place, &store).await;
}

#[tokio::test]
async fn files_of_an_older_version_may_have_facts_of_all_imports() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    prepare(place, 2).await;
    let connection = database(place);
    connection.execute_batch("DROP TABLE fact_file_import").expect("version 7");
    connection.pragma_update(None, "user_version", 7).expect("a version");
    drop(connection);
    damage(place);
    let store = open(place, None);
    let refused = import(&store, place.join(name(0))).await;
    assert!(matches!(refused, Err(ImportError::Together { .. })), "{refused:?}");
    for number in [0, 1] {
        import(&store, together(place, number, 2)).await.expect("an import");
    }
    assert_eq!(counted(&store.stores()).await, all(2));
    check_sound(place, &store).await;
}

#[tokio::test]
async fn a_damaged_file_is_told_and_not_merged() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    import_all(place, FILES).await;
    let damaged = damage(place);
    let store = open(place, None);
    let facts = store.stores().facts;
    let told = facts.maintain(at(1_000)).await.expect_err("a damaged file").to_string();
    assert!(told.contains(&damaged) && told.contains("checksum"), "{told}");
    // From then on nobody reads it, and all else goes on.
    facts.maintain(at(1_000)).await.expect("maintenance");
    let told = facts
        .run(HERE, &by_session(Metric::JourneySessions, at(0), at(1_000)))
        .await
        .expect_err("a damaged file")
        .to_string();
    assert!(told.contains(&damaged), "{told}");
    let verified = store.verify_facts(HERE).await.expect("a report");
    assert_eq!(verified.files.len(), usize::from(FILES));
    let wrong: Vec<_> = verified.files.iter().filter(|file| file.problem.is_some()).collect();
    assert_eq!(wrong.iter().map(|file| &file.name).collect::<Vec<_>>(), [&damaged]);
    import(&store, place.join(name(0))).await.expect("an import");
    facts.maintain(at(1_000)).await.expect("maintenance");
    assert_eq!(counted(&store.stores()).await, all(FILES));
    check_sound(place, &store).await;
    assert_eq!(store.verify_facts(HERE).await.expect("a report").files.len(), 1);
}

/// How many files of facts name a customer.
fn naming(place: &Path, customer: &CustomerKey) -> usize {
    let folder = place.join("data/facts").join(HERE.to_string());
    let files = std::fs::read_dir(folder).expect("files").map(|file| file.expect("a file").path());
    let id = customer.id.as_bytes();
    let names = |path: &PathBuf| {
        std::fs::read(path).expect("a file").windows(id.len()).any(|bytes| bytes == id)
    };
    files.filter(names).count()
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_from_losing_a_customer() {
    let place = tempfile::tempdir().expect("a directory");
    let place = place.path();
    prepare(place, 3).await;
    damage(place);
    let store = open(place, None);
    let deletions = store.stores().deletions;
    let of = Deletion { id: uuid(100), customer: customer(1), seed: uuid(101) };
    while !deletions.delete_rows(HERE, &of, IDS, 100).await.expect("a deletion") {}
    assert_eq!(naming(place, &of.customer), 3);
    deletions.erase_facts(HERE, &of).await.expect_err("a damaged file");
    assert_eq!(naming(place, &of.customer), 1);
    import(&store, place.join(name(0))).await.expect("an import");
    assert_eq!(naming(place, &of.customer), 1);
    deletions.erase_facts(HERE, &of).await.expect("files without the customer");
    assert_eq!(naming(place, &of.customer), 0);
    assert_eq!(counted(&store.stores()).await, all(3));
    check_sound(place, &store).await;
}

/// Does nothing unless it is the child of the test below.
#[tokio::test]
async fn child() {
    let Some(place) = std::env::var_os(DIRECTORY) else { return };
    let place = Path::new(&place);
    let store = open(place, Some(abort_at_step));
    let imported = import(&store, PathBuf::from(place).join(name(0))).await;
    assert!(imported.is_ok(), "{imported:?}");
}

#[tokio::test]
async fn importing_again_loses_and_doubles_nothing_wherever_it_is_broken_off() {
    for step in FactStep::IMPORT {
        let place = tempfile::tempdir().expect("a directory");
        let place = place.path();
        prepare(place, 2).await;
        damage(place);
        let status = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "imports::child", "--nocapture"])
            .env(DIRECTORY, place)
            .env(STEP, format!("{step:?}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("a child");
        assert!(!status.success(), "importing again does not pass {step:?}");
        let store = open(place, None);
        let is_done = *step == FactStep::AfterImport;
        let expected = ImportedFacts { was_there: is_done, is_again: !is_done, ..new() };
        let imported = import(&store, place.join(name(0))).await;
        assert_eq!(imported.expect("an import"), expected, "{step:?}");
        assert_eq!(counted(&store.stores()).await, all(2), "{step:?}");
        check_sound(place, &store).await;
    }
}
