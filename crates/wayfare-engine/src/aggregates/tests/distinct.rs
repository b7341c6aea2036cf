//! Counts of different values.

use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;

use crate::aggregates::distinct::{MIXED, Sets, hash_text, hash_uuid};

const EXACT_MAX: usize = AGGREGATE_DISTINCT_EXACT_MAX[0];

/// One set of the hashes of some ids.
fn set(ids: impl IntoIterator<Item = usize>) -> Sets {
    let mut sets = Sets::new(10 * EXACT_MAX);
    let set = sets.create();
    for id in ids {
        sets.insert(set, MIXED, hash_text(format!("id-{id}").as_bytes())).expect("few");
    }
    sets
}

fn count(mut sets: Sets) -> u64 {
    sets.settle().expect("few");
    sets.count(0)
}

#[test]
fn is_exact_while_there_are_few() {
    for size in [0, 1, 2, 1_000, EXACT_MAX] {
        assert_eq!(count(set((0..size).chain(0..size))), size as u64);
    }
}

#[test]
fn is_close_when_there_are_many() {
    for size in [EXACT_MAX + 1, 150_000, 200_000, 1_000_000] {
        let error = count(set(0..size)) as f64 / size as f64 - 1.0;
        // Three standard errors of 0.8 %.
        assert!(error.abs() < 0.025, "{size}: {error}");
    }
}

#[test]
fn depends_on_the_values_alone_and_not_on_how_they_are_divided() {
    let sizes = [0, 10, 60_000, 90_000, 150_000];
    let merge = |mut one: Sets, other: Sets| {
        one.merge(other, |index| index).expect("few");
        count(one)
    };
    for one in sizes {
        for other in sizes {
            // The second part begins within the first, so some values are in both.
            let start = one / 2;
            let part = || set(start..start + other);
            let whole = count(set((0..one).chain(start..start + other)));
            assert_eq!(merge(set(0..one), part()), whole, "{one} and {other}");
            assert_eq!(merge(part(), set(0..one)), whole, "{other} and {one}");
        }
    }
}

#[test]
fn a_uuid_has_one_hash_as_text_and_as_bytes() {
    let text = "6f1c0f6e-0000-4000-8000-000000000001";
    let uuid = uuid::Uuid::parse_str(text).expect("a uuid");
    assert_eq!(hash_text(text.as_bytes()), hash_uuid(uuid.into_bytes()));
    // Not the canonical text, so another value.
    assert_ne!(hash_text(text.to_uppercase().as_bytes()), hash_uuid(uuid.into_bytes()));
    assert_ne!(hash_text(text.replace('-', "").as_bytes()), hash_uuid(uuid.into_bytes()));
}
