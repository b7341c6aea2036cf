//! What the files of the log have after any end of the process.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{channel, sync_channel};

use proptest::prelude::*;
use rusqlite::Connection;
use wayfare_model::assignment::{AssignmentOrigin, UnassignReason};
use wayfare_model::change::Changes;
use wayfare_model::change_log::{Change, ChangeKind, ChangedAssignment, ChangedSession};
use wayfare_model::contact::Contact;
use wayfare_model::fact::Fact;
use wayfare_model::segment::Scope;
use wayfare_store::conformance::samples::{
    HERE, assignment_id, at, contact, contact_id, customer, fact_id, full_assignment, full_event,
    full_fact, full_session, full_visitor, identifier, segment_id, session_id,
};

use super::batch::{BatchRows, Prepared};
use super::file::{BatchFiles, Places};
use super::record::{self, Record};
use super::{BatchLog, Replayed, SyncThreads};
use crate::durability::Durability;

const SALT: u64 = 7;

fn records(batches: &[Vec<u8>]) -> Vec<u8> {
    let numbered = (1_u64..).zip(batches);
    numbered.flat_map(|(sequence, batch)| record::write(sequence, SALT, batch)).collect()
}

fn sequences(read: &[Record<'_>]) -> Vec<u64> {
    read.iter().map(|record| record.sequence).collect()
}

proptest! {
    #[test]
    fn whole_records_come_back_and_nothing_after_a_torn_one(
        batches in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 1..9),
        cut in 0.0..1.0_f64,
        damaged in any::<bool>(),
    ) {
        let whole = records(&batches);
        let ends: Vec<usize> = (1..=batches.len()).map(|many| records(&batches[..many]).len()).collect();
        let cut = (whole.len() as f64 * cut) as usize;
        let mut torn = whole.clone();
        if damaged {
            torn[cut] ^= 0x55;
        } else {
            torn[cut..].fill(0);
        }
        let read = record::read(&torn, SALT);
        let before = ends.iter().filter(|end| **end <= cut).count();
        // Zeros may stand where zeros were.
        let least_same = if torn == whole { batches.len() } else { before };
        prop_assert!(read.len() >= least_same.min(before) && read.len() <= batches.len());
        for (number, record) in read.iter().enumerate() {
            prop_assert_eq!(record.batch, &batches[number][..]);
        }
        // What is not read is what was damaged, or after it; padding does not matter.
        if damaged && read.len() > before {
            let padding = record::write(1, SALT, &batches[before]).len();
            prop_assert!(ends[before] - cut <= padding.min(7));
        }
    }
}

#[test]
fn records_of_another_database_and_of_an_earlier_use_are_nobodys() {
    let batches = [vec![1; 40], vec![2; 40], vec![3; 40]];
    let mut bytes = records(&batches);
    assert!(record::read(&bytes, SALT + 1).is_empty());
    // The file is used again from its beginning.
    let again = record::write(4, SALT, &[4; 40]);
    bytes[..again.len()].copy_from_slice(&again);
    assert_eq!(sequences(&record::read(&bytes, SALT)), [4]);
}

#[test]
fn a_file_is_used_again_only_when_nothing_of_it_is_needed() {
    const MIB: usize = 1024 * 1024;
    let directory = tempfile::tempdir().expect("a directory");
    let files = BatchFiles::open(directory.path(), SALT).expect("files");
    let mut places = Places::new(files.clone());
    let batch = vec![9; MIB];
    let mut carried = 0;
    let mut used = Vec::new();
    for sequence in 1..=150 {
        // The database is behind by so much that a whole file has to wait.
        if sequence > 90 {
            carried = sequence - 40;
        }
        let record = record::write(sequence, SALT, &batch);
        used.push(places.put(&record, sequence, carried).expect("room"));
        let content = files.content().expect("files");
        let [mut first, mut second] =
            content.each_ref().map(|bytes| sequences(&record::read(bytes, SALT)));
        if first.first() > second.first() {
            std::mem::swap(&mut first, &mut second);
        }
        let all: Vec<u64> = first.into_iter().chain(second).filter(|it| *it > carried).collect();
        assert_eq!(all, (carried + 1..=sequence).collect::<Vec<_>>(), "after {sequence}");
    }
    let changes = used.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes >= 3, "the files take turns: {changes}");
}

#[test]
fn a_record_that_could_not_be_written_whole_is_written_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = BatchFiles::open(directory.path(), SALT).expect("files");
    let mut places = Places::new(files.clone());
    places.put(&record::write(1, SALT, b"one"), 1, 0).expect("room");
    let torn = &record::write(2, SALT, &[2; 100])[..60];
    places.put(torn, 2, 0).expect("room");
    let content = files.content().expect("files");
    assert_eq!(sequences(&record::read(&content[0], SALT)), [1]);
}

/// A batch in which nothing is absent.
fn full_batch() -> Prepared {
    let changes = Changes {
        events: vec![full_event(1)],
        visitors: vec![full_visitor(1)],
        sessions: vec![full_session(1)],
        assignments: vec![full_assignment(1)],
        contacts: vec![Contact {
            merged_into: Some(contact_id(2)),
            kept_apart: vec![contact_id(3)],
            ..contact(1)
        }],
        identifiers: vec![identifier(customer(1), 1)],
        facts: vec![full_fact(1)],
        removed_facts: vec![fact_id(2)],
        log: vec![Change {
            kind: ChangeKind::SegmentUnassigned,
            happened: at(1),
            recorded: at(2),
            customer: Some(customer(1)),
            contact: contact_id(1),
            session: Some(ChangedSession { id: session_id(1), session_type: "web".to_owned() }),
            assignment: Some(ChangedAssignment {
                id: assignment_id(1),
                segment: segment_id(1),
                segment_version: 3,
                scope: Scope::Session,
                origin: AssignmentOrigin::Matched,
                assigned: at(0),
                expires: Some(at(9)),
                reason: Some(UnassignReason::SessionEnded),
            }),
        }],
        ..Changes::default()
    };
    Prepared::new(HERE, changes).expect("a batch")
}

#[test]
fn facts_are_looked_at_as_durable_batches_left_them() {
    let directory = tempfile::tempdir().expect("a directory");
    let files = BatchFiles::open(directory.path(), SALT).expect("files");
    let durability = Arc::new(Durability::new());
    // Nobody syncs: the test says what is durable.
    let (to_sync, _syncing) = sync_channel(9);
    let (to_carry, _carrying) = channel();
    let log = BatchLog::new(
        Connection::open_in_memory().expect("a database"),
        Replayed { files, sequence: 0, batches: 0 },
        Arc::clone(&durability),
        Arc::default(),
        SyncThreads { to_sync, to_carry, carried: Arc::default() },
    );
    let append = |facts: &[(u8, f64)], removed: &[u8]| {
        let fact = |(id, value): &(u8, f64)| Fact { value: Some(*value), ..full_fact(*id) };
        let facts = facts.iter().map(fact).collect();
        let removed_facts = removed.iter().map(|id| fact_id(*id)).collect();
        let changes = Changes { facts, removed_facts, ..Changes::default() };
        log.append(Prepared::new(HERE, changes).expect("a batch"), false).expect("room");
    };
    let check = |expected: &[(u8, Option<f64>)]| {
        let mut found: Vec<_> = log
            .look_at_facts(HERE, |waiting| waiting.durable())
            .into_iter()
            .map(|(id, change)| (id, change.and_then(|both| both.0.value)))
            .collect();
        found.sort_unstable_by_key(|(id, _)| *id);
        let expected: Vec<_> = expected.iter().map(|(id, value)| (fact_id(*id), *value)).collect();
        assert_eq!(found, expected);
    };
    append(&[(1, 1.0), (2, 1.0)], &[]);
    check(&[]);
    durability.reached(1);
    let first = [(1, Some(1.0)), (2, Some(1.0))];
    check(&first);
    append(&[(1, 2.0), (3, 2.0)], &[2]);
    append(&[(1, 3.0), (2, 3.0)], &[]);
    check(&first);
    // They are on their way into the database, and what comes now waits behind them.
    log.begin_flush(&mut log.lock());
    append(&[(3, 4.0)], &[1]);
    check(&first);
    durability.reached(2);
    check(&[(1, Some(2.0)), (2, None), (3, Some(2.0))]);
    durability.reached(3);
    check(&[(1, Some(3.0)), (2, Some(3.0)), (3, Some(2.0))]);
    durability.reached(4);
    check(&[(1, None), (2, Some(3.0)), (3, Some(4.0))]);
}

/// The text of a batch, in which packed bodies are unpacked: how they are packed may change.
fn told(mut rows: BatchRows) -> String {
    for event in &mut rows.events {
        event.body = crate::row::packed::unpack(&event.body).expect("a packed body");
    }
    format!("{rows:#?}")
}

/// A batch that was written before this program is read by it. The file is never changed: another form
/// gets another number and another file, by `WAYFARE_WRITE_GOLDEN=1 cargo test -p wayfare-store-embedded`.
#[test]
fn a_batch_in_the_first_form_stays_readable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/batch.1");
    let prepared = full_batch();
    if std::env::var_os("WAYFARE_WRITE_GOLDEN").is_some() && !path.exists() {
        std::fs::write(&path, prepared.record(5, SALT).expect("a record")).expect("a file");
    }
    let golden = std::fs::read(&path).expect("the golden file");
    let read = record::read(&golden, SALT);
    assert_eq!(sequences(&read), [5]);
    let rows = BatchRows::read(read[0].batch).expect("a batch");
    assert_eq!(told(rows), told(prepared.rows));
}
