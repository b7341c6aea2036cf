//! Group commit, and what happens when a commit fails.

use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::mpsc as blocking;
use std::task::{Context, Waker};

use rusqlite::params;
use wayfare_store::conformance::samples::{HERE, session};

use super::*;
use crate::batch_log::BatchFiles;
use crate::sql;

/// A database with a table of numbers, in which every number that is committed needs its twin.
fn open(directory: &Path) -> Connection {
    let connection = Connection::open(directory.join("numbers.sqlite")).expect("a database");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON;
            CREATE TABLE IF NOT EXISTS twin (number INTEGER PRIMARY KEY);
            CREATE TABLE IF NOT EXISTS number (number INTEGER PRIMARY KEY,
                twin INTEGER REFERENCES twin (number) DEFERRABLE INITIALLY DEFERRED);",
        )
        .expect("tables");
    connection
}

fn start(directory: &Path) -> std::io::Result<Writer> {
    let files = BatchFiles::open(directory, 0)?;
    let start = Start {
        connection: open(directory),
        loader: open(directory),
        replayed: Replayed { files, sequence: 0, batches: 0 },
        live: Arc::default(),
    };
    Writer::start(start, &directory.join("numbers.sqlite"))
}

fn insert(connection: &Connection, number: i64, twin: Option<i64>) -> Result<()> {
    let sql = "INSERT INTO number (number, twin) VALUES (?, ?) ON CONFLICT DO NOTHING";
    let inserted = sql::execute(connection, sql, params![number, twin])?;
    if inserted == 0 { Err(Error::AlreadyExists) } else { Ok(()) }
}

fn stored(connection: &Connection) -> Vec<i64> {
    let sql = "SELECT number FROM number ORDER BY number";
    sql::all(connection, sql, (), |row| Ok(row.get(0).expect("a number"))).expect("numbers")
}

type Answer<'f, T> = Pin<Box<dyn Future<Output = T> + 'f>>;

/// Queues a job without waiting for its answer.
fn queue<'f, T>(job: impl Future<Output = T> + 'f) -> Answer<'f, T> {
    let mut answer: Answer<'f, T> = Box::pin(job);
    let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    answer
}

/// Keeps the thread busy until it is released, so that what is queued meanwhile makes one group.
fn occupy(writer: &Writer) -> (blocking::Sender<()>, Answer<'_, Result<()>>) {
    let (release, released) = blocking::channel();
    let (start, started) = blocking::channel();
    let busy = queue(writer.write(move |_| {
        start.send(()).expect("a listener");
        released.recv().expect("a release");
        Ok(())
    }));
    started.recv().expect("a start");
    (release, busy)
}

#[tokio::test]
async fn jobs_that_queued_up_share_a_transaction_and_are_answered_after_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    let (release, busy) = occupy(&writer);
    let (saw, seen) = blocking::channel();
    let path = directory.path().to_owned();
    let first = queue(writer.write(|connection| insert(connection, 1, None)));
    let refused = queue(writer.write(|connection| {
        insert(connection, 2, None)?;
        insert(connection, 1, None)
    }));
    let broken = queue(writer.write(|connection| {
        insert(connection, 3, None)?;
        sql::execute(connection, "INSERT INTO nowhere VALUES (1)", ()).map(|_| ())
    }));
    let last = queue(writer.write(move |connection| {
        // The neighbours' rows are there, but not for others yet.
        saw.send((stored(connection), stored(&open(&path)))).expect("a listener");
        insert(connection, 4, None)
    }));
    release.send(()).expect("a busy writer");
    busy.await.expect("no error");
    first.await.expect("no error");
    let refused = refused.await;
    assert!(matches!(refused, Err(Error::AlreadyExists)), "{refused:?}");
    let broken = broken.await;
    assert!(matches!(broken, Err(Error::Unavailable { .. })), "{broken:?}");
    last.await.expect("no error");
    assert_eq!(seen.recv().expect("a look"), (vec![1], Vec::new()));
    assert_eq!(stored(&open(directory.path())), [1, 4]);
}

#[tokio::test]
async fn refused_jobs_leave_nothing_wherever_in_a_group_they_are() {
    // Whether each of the jobs that queue up is refused, in every combination.
    for refused in 0..8_u32 {
        let directory = tempfile::tempdir().expect("a directory");
        let writer = start(directory.path()).expect("a writer");
        let (release, busy) = occupy(&writer);
        let is_refused = |number: i64| refused & (1 << number) != 0;
        let jobs: Vec<_> = (0..3)
            .map(|number| {
                let is_refused = is_refused(number);
                queue(writer.write(move |connection| {
                    insert(connection, number, None)?;
                    if is_refused { Err(Error::NotFound) } else { Ok(()) }
                }))
            })
            .collect();
        release.send(()).expect("a busy writer");
        busy.await.expect("no error");
        for (number, job) in (0..).zip(jobs) {
            assert_eq!(job.await.is_err(), is_refused(number), "{refused:b}");
        }
        let kept: Vec<i64> = (0..3).filter(|number| !is_refused(*number)).collect();
        assert_eq!(stored(&open(directory.path())), kept, "{refused:b}");
    }
}

#[tokio::test]
async fn a_failed_commit_is_uncertain_and_nothing_is_written_after_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    writer.write(|connection| insert(connection, 1, None)).await.expect("no error");
    // The missing twin is noticed by COMMIT only.
    let failed = writer.write(|connection| insert(connection, 2, Some(2))).await;
    assert!(matches!(failed, Err(Error::Uncertain { .. })), "{failed:?}");
    for number in [3, 4] {
        let refused = writer.write(move |connection| insert(connection, number, None)).await;
        assert!(matches!(refused, Err(Error::Unavailable { .. })), "{refused:?}");
    }
    drop(writer);
    let writer = start(directory.path()).expect("a writer");
    writer.write(|connection| insert(connection, 5, None)).await.expect("no error");
    assert_eq!(stored(&open(directory.path())), [1, 5]);
}

#[tokio::test]
async fn a_transaction_that_sqlite_gave_up_fails_its_jobs_and_only_these() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    let (release, busy) = occupy(&writer);
    let before = queue(writer.write(|connection| insert(connection, 1, None)));
    let giving_up = queue(writer.write(|connection| {
        sql::execute(connection, "ROLLBACK", ())?;
        Err::<(), _>(Error::NotFound)
    }));
    let after = queue(writer.write(|connection| insert(connection, 2, None)));
    release.send(()).expect("a busy writer");
    busy.await.expect("no error");
    let before = before.await;
    assert!(matches!(before, Err(Error::Unavailable { .. })), "{before:?}");
    let giving_up = giving_up.await;
    assert!(matches!(giving_up, Err(Error::NotFound)), "{giving_up:?}");
    after.await.expect("no error");
    assert_eq!(stored(&open(directory.path())), [2]);
}

#[tokio::test]
async fn jobs_queued_before_closing_are_done_and_later_ones_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    let (release, busy) = occupy(&writer);
    let waiting = queue(writer.write(|connection| insert(connection, 1, None)));
    let mut closing = pin!(writer.close());
    let polled = closing.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending());
    release.send(()).expect("a busy writer");
    closing.await;
    busy.await.expect("no error");
    waiting.await.expect("no error");
    let late = writer.write(|connection| insert(connection, 2, None)).await;
    assert!(matches!(late, Err(Error::Unavailable { .. })), "{late:?}");
    assert_eq!(stored(&open(directory.path())), [1]);
}

#[tokio::test]
async fn a_job_whose_asker_went_away_is_done_all_the_same() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    drop(queue(writer.write(|connection| insert(connection, 1, None))));
    writer.write(|connection| insert(connection, 2, None)).await.expect("no error");
    assert_eq!(stored(&open(directory.path())), [1, 2]);
}

#[tokio::test]
async fn a_thread_that_broke_down_is_known() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    assert!(writer.is_running());
    let ended = writer.write(|_| -> Result<()> { panic!("a fault") }).await;
    assert!(matches!(ended, Err(Error::Uncertain { .. })), "{ended:?}");
    // It answers by being gone; its end follows.
    while writer.is_running() {
        std::thread::yield_now();
    }
}

// On this runtime a batch is appended at once, by whoever asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_written_only_once_the_transactions_it_rests_on_are_durable() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    let durability = Arc::clone(writer.durability());
    let transaction = durability.begin_commit();
    durability.note_transaction(transaction);
    let changes = Changes { sessions: vec![session(1)], ..Changes::default() };
    let mut appending = queue(writer.append(HERE, changes, false));
    let polled = appending.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(polled.is_pending() && !writer.batch_log().is_waiting());
    durability.reached(transaction);
    let durable = appending.await.expect("a batch");
    durable.wait().await.expect("a sync");
    assert!(writer.batch_log().is_waiting());
}

/// A thread that syncs, and how to tell it what.
fn syncing(directory: &Path, batches: BatchFiles) -> (Arc<Durability>, blocking::Sender<ToSync>) {
    let durability = Arc::new(Durability::new());
    let (sender, waiting) = blocking::channel();
    let syncer = Syncer {
        durability: Arc::clone(&durability),
        log: Log::of(&directory.join("numbers.sqlite")),
        batches,
        metrics: Arc::default(),
    };
    std::thread::spawn(move || syncer.run(&waiting));
    (durability, sender)
}

#[tokio::test]
async fn a_commit_that_was_not_made_keeps_no_reader_waiting() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = BatchFiles::open(directory.path(), 0).expect("files");
    let (durability, to_sync) = syncing(directory.path(), files);
    let number = durability.begin_commit();
    let read = queue(durability.wait());
    to_sync.send(ToSync::Nothing { number }).expect("a thread");
    read.await.expect("nothing to wait for");
}

#[tokio::test]
async fn after_files_could_not_be_emptied_nothing_is_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let names = ["one", "other"].map(|name| directory.path().join(name));
    let read_only = names.each_ref().map(|path| {
        std::fs::write(path, "a batch").expect("a file");
        std::fs::File::open(path).expect("a file")
    });
    let (durability, to_sync) = syncing(directory.path(), BatchFiles::of(read_only));
    let (answer, cleared) = oneshot::channel();
    to_sync.send(ToSync::Clear { answer }).expect("a thread");
    cleared.await.expect("an answer").expect_err("files that stay");
    assert!(durability.has_failed());
    assert_eq!(names.map(|path| std::fs::read(path).expect("a file")), [b"a batch"; 2]);
}

#[tokio::test]
async fn what_comes_while_batches_are_put_into_the_database_is_put_there_next() {
    let directory = tempfile::tempdir().expect("a directory");
    let writer = start(directory.path()).expect("a writer");
    let log = Arc::clone(writer.batch_log());
    let append = |number: u8| {
        let changes = Changes { sessions: vec![session(number)], ..Changes::default() };
        log.append(Prepared::new(HERE, changes).expect("rows"), false).expect("a batch")
    };
    assert!(append(1).is_first);
    assert!(!append(2).is_first);
    log.begin_flush(&mut log.lock()).expect("what waits");
    assert!(append(3).is_first);
    assert!(!append(4).is_first);
}
