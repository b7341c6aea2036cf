//! What is written is read back, and whatever is read never panics.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow_buffer::Buffer;
use wayfare_engine::aggregates::Fold;
use wayfare_engine::aggregates::columns::{ColumnFold, FactColumns, Never, Prepared};
use wayfare_model::cells::Cells;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::query::{Asker, Filter, Plan, TimeDimension};
use wayfare_model::time::Moment;

use super::*;

const SEGMENTS: Dimension = Dimension::JourneySessionSegmentId;
const SESSION: Dimension = Dimension::JourneySessionId;
const COUNTRY: Dimension = Dimension::JourneyIpGeolocationCountry;
const CUSTOMER: Dimension = Dimension::JourneyCustomerId;

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number << 64 | 0x4000_8000_0000_0000_0000)
}

/// Facts of every kind: out of order, with values and without, with lists, ids and texts.
fn facts(count: u32) -> Vec<Fact> {
    let fact = |number: u32| {
        let number = u128::from(number);
        let mut dimensions = BTreeMap::from([(SESSION, vec![uuid(number / 3).to_string()])]);
        if !number.is_multiple_of(4) {
            let country = ["DE", "FR", "ÅX", ""][number as usize % 3].to_owned();
            dimensions.insert(COUNTRY, vec![country]);
        }
        // One that is no UUID in its canonical form, so that all of them are texts.
        let customer = uuid(number).to_string();
        let customer = if number == 5 { customer.to_uppercase() } else { customer };
        dimensions.insert(CUSTOMER, vec![customer]);
        let segments = (0..number % 3).map(|step| uuid(step + number % 2).to_string());
        dimensions.insert(SEGMENTS, segments.collect());
        let has_value = number.is_multiple_of(5);
        let metric = if has_value { Metric::JourneyOutcomeValue } else { Metric::JourneySessions };
        let emitted = Moment::from_ms((number as i64 * 7_919) % 10_000);
        Fact {
            id: FactId::from_uuid(uuid(number)),
            metric,
            emitted,
            happened: emitted.plus_ms(-i64::from(number.is_multiple_of(6))),
            value: has_value.then_some(number as f64 / 8.0),
            dimensions,
        }
    };
    (0..count).map(fact).collect()
}

fn plans() -> Vec<Plan> {
    let plan = |metric, group_by: &[Dimension], time| Plan {
        edges: [0, 1_000, 5_000, 10_000].map(Moment::from_ms).to_vec(),
        time,
        metrics: vec![metric],
        group_by: group_by.to_vec(),
        filter: Filter::And(Vec::new()),
        flatten: false,
        views: Vec::new(),
        cells_max: 100_000,
        distinct_values_max: 1_000,
        asker: Asker::Client,
    };
    let mut plans = Vec::new();
    for time in [TimeDimension::Emitted, TimeDimension::Happened] {
        for metric in [Metric::JourneySessions, Metric::JourneyOutcomeValue] {
            for group_by in [&[][..], &[SESSION], &[COUNTRY, SEGMENTS], &[CUSTOMER]] {
                plans.push(plan(metric, group_by, time));
            }
        }
    }
    plans
}

fn expected(plan: &Plan, facts: &[Fact]) -> Cells {
    let mut fold = Fold::new(plan);
    for fact in facts {
        fold.add(fact).unwrap();
    }
    fold.finish().unwrap()
}

fn folded(plan: &Plan, file: &FactFile) -> Cells {
    let mut fold = ColumnFold::new(plan);
    for index in 0..file.blocks() {
        let block = file.block(index).unwrap();
        let prepared = Prepared::new(plan, &block, &Never).unwrap();
        fold.add(&prepared, &block, 0..block.rows(), &Never).unwrap();
    }
    fold.finish().unwrap()
}

/// The facts in two sources, some of them dead, written as a file.
fn written(facts: &[Fact], dead: &[usize]) -> (Vec<u8>, Written) {
    let (mut columns, mut ids) = ([FactColumns::new(), FactColumns::new()], [vec![], vec![]]);
    for (number, fact) in facts.iter().enumerate() {
        let row = columns[number % 2].push(fact).unwrap();
        ids[number % 2].push(fact.id.as_uuid().into_bytes());
        if dead.contains(&number) {
            columns[number % 2].kill(row);
        }
    }
    let sources: Vec<_> = (columns.iter().zip(&ids))
        .map(|(columns, ids)| Source { block: columns.block().unwrap(), ids })
        .collect();
    let mut bytes = Vec::new();
    let written = write(&mut bytes, &sources, &in_order(&sources, |_| true)).unwrap().unwrap();
    (bytes, written)
}

fn read(bytes: &[u8]) -> Result<FactFile, Problem> {
    FactFile::read(Buffer::from(bytes))
}

fn check(file: &FactFile, facts: &[Fact]) {
    for plan in plans() {
        assert_eq!(folded(&plan, file), expected(&plan, facts), "{plan:?}");
    }
    let emitted: Vec<i64> = (0..file.blocks())
        .flat_map(|index| file.block(index).unwrap().emitted().to_vec())
        .collect();
    assert!(emitted.is_sorted());
    let mut ids: Vec<_> = (0..file.blocks()).flat_map(|index| file.ids(index)).copied().collect();
    let mut known: Vec<_> = facts.iter().map(|fact| fact.id.as_uuid().into_bytes()).collect();
    ids.sort_unstable();
    known.sort_unstable();
    assert_eq!(ids, known);
}

#[test]
fn what_is_written_is_read_back() {
    for count in [1, 2, 300, 1_000, 70_000] {
        let facts = facts(count);
        let (bytes, written) = written(&facts, &[]);
        assert_eq!(written.rows, u64::from(count));
        assert_eq!(written.bytes, bytes.len() as u64);
        assert_eq!(written.checksum, crc32fast::hash(&bytes));
        let bounds = |moments: Vec<i64>| Bounds {
            min: *moments.iter().min().unwrap(),
            max: *moments.iter().max().unwrap(),
        };
        let emitted = facts.iter().map(|fact| fact.emitted.as_ms()).collect();
        let happened = facts.iter().map(|fact| fact.happened.as_ms()).collect();
        assert_eq!((written.emitted, written.happened), (bounds(emitted), bounds(happened)));
        check(&read(&bytes).unwrap(), &facts);
    }
}

#[test]
fn dead_facts_are_left_out_and_nothing_makes_no_file() {
    let all = facts(20);
    let dead: Vec<usize> = (0..20).filter(|number| number % 3 == 0).collect();
    let (bytes, _) = written(&all, &dead);
    let alive: Vec<Fact> =
        all.into_iter().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, fact)| fact).collect();
    check(&read(&bytes).unwrap(), &alive);
    let mut bytes = Vec::new();
    assert_eq!(write(&mut bytes, &[], &[]).unwrap(), None);
    assert!(bytes.is_empty());
}

#[test]
fn a_file_of_files_is_as_good_as_its_facts() {
    let facts = facts(500);
    let parts = [written(&facts[..200], &[]).0, written(&facts[200..], &[]).0];
    let files = parts.map(|bytes| read(&bytes).unwrap());
    let sources: Vec<_> = files
        .iter()
        .map(|file| Source { block: file.block(0).unwrap(), ids: file.ids(0) })
        .collect();
    let mut bytes = Vec::new();
    write(&mut bytes, &sources, &in_order(&sources, |_| true)).unwrap();
    check(&read(&bytes).unwrap(), &facts);
}

#[test]
fn columns_that_say_nothing_are_left_out() {
    let plain = |number: u32| Fact {
        dimensions: BTreeMap::from([(SESSION, vec![uuid(7).to_string()])]),
        happened: Moment::from_ms(i64::from(number)),
        emitted: Moment::from_ms(i64::from(number)),
        value: None,
        ..facts(1).remove(0)
    };
    let (bytes, _) = written(&(0..9_000).map(plain).collect::<Vec<_>>(), &[]);
    let bytes_a_row = (bytes.len() - 2_000) / 9_000;
    // The moment, the metric, the session's code and the id.
    assert_eq!(bytes_a_row, 8 + 1 + 1 + 16);
    let file = read(&bytes).unwrap();
    let block = file.block(0).unwrap();
    assert!(block.happened().is_none() && block.value(0).is_none());
    assert!(block.column(COUNTRY).is_none() && block.column(SESSION).is_some());
}

/// The file of `facts(300)` as the first version of the format has it. It stays readable for ever.
#[test]
fn the_golden_file_is_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/facts.v1.arrow");
    let file = FactFile::open(&path).unwrap();
    check(&file, &facts(300));
    let (today, _) = written(&facts(300), &[]);
    let golden = std::fs::read(&path).unwrap();
    assert_eq!(today, golden, "the format moved: see docs/facts.md before writing a new file");
}

#[test]
fn a_file_that_was_cut_short_is_refused() {
    let (bytes, _) = written(&facts(300), &[]);
    for length in (0..bytes.len()).step_by(7).chain(bytes.len() - 20..bytes.len()) {
        assert!(read(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn no_damage_is_too_much() {
    let (bytes, _) = written(&facts(300), &[]);
    let mut refused = 0;
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 1 << (place % 8);
        match read(&damaged) {
            Ok(file) => {
                // Whatever it says, asking is safe.
                for index in 0..file.blocks() {
                    if let Ok(block) = file.block(index) {
                        assert!(
                            (0..block.rows()).filter(|row| block.value(*row).is_some()).count()
                                <= 300
                        );
                        let column = block.column(SESSION);
                        assert!(column.is_none_or(|column| column.codes_of(5).count() <= 1));
                    }
                }
            }
            Err(problem) => {
                refused += 1;
                assert!(!problem.to_string().is_empty());
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn what_is_no_fact_file_is_named() {
    let name = |bytes: &[u8]| read(bytes).unwrap_err().to_string();
    assert_eq!(name(b""), "it ends too early");
    assert_eq!(name(b"a text that is long enough"), "it does not end as a file of Arrow IPC");
    assert_eq!(name(b"\xff\xff\xff\x7fARROW1"), "it ends too early");
}

#[test]
fn only_canonical_uuids_are_kept_as_such() {
    let text = "00000000-0000-4000-8000-00000000000a";
    assert!(canonical_uuid(text.as_bytes()).is_some());
    let others = [text.to_uppercase(), text.replace('-', ""), format!("{{{text}}}"), "a".into()];
    for other in others {
        assert_eq!(canonical_uuid(other.as_bytes()), None, "{other}");
    }
}
