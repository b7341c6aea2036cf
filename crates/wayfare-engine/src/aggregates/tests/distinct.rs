//! Counts of different values.

use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;
use wayfare_model::query::Distinct;

use crate::aggregates::{distinct_count, distinct_empty, distinct_insert, distinct_merge};

fn set(ids: impl IntoIterator<Item = usize>) -> Distinct {
    let mut set = distinct_empty();
    for id in ids {
        distinct_insert(&mut set, &format!("id-{id}"));
    }
    set
}

#[test]
fn is_exact_while_there_are_few() {
    for size in [0, 1, 2, 1_000, AGGREGATE_DISTINCT_EXACT_MAX] {
        assert_eq!(distinct_count(&set((0..size).chain(0..size))), size as u64);
    }
}

#[test]
fn is_close_when_there_are_many() {
    for size in [AGGREGATE_DISTINCT_EXACT_MAX + 1, 20_000, 50_000, 100_000, 1_000_000] {
        let error = distinct_count(&set(0..size)) as f64 / size as f64 - 1.0;
        // Three standard errors of 0.8 %.
        assert!(error.abs() < 0.025, "{size}: {error}");
    }
}

#[test]
fn depends_on_the_values_alone_and_not_on_how_they_are_divided() {
    let sizes = [0, 10, 6_000, 9_000, 15_000];
    for one in sizes {
        for other in sizes {
            // The second part begins within the first, so some values are in both.
            let start = one / 2;
            let whole = set((0..one).chain(start..start + other));
            let mut merged = set(0..one);
            distinct_merge(&mut merged, set(start..start + other));
            assert!(merged == whole, "{one} and {other}");
            let mut swapped = set(start..start + other);
            distinct_merge(&mut swapped, set(0..one));
            assert!(swapped == whole, "{other} and {one}");
        }
    }
}

#[test]
fn keeps_the_hash_that_clickhouse_computes_too() {
    // SipHash-2-4 with a zero key, worked out apart from the library.
    let mut set = distinct_empty();
    distinct_insert(&mut set, "");
    distinct_insert(&mut set, "6f1c0f6e-0000-4000-8000-000000000001");
    assert_eq!(set, Distinct::Exact([0x1e92_4b9d_7377_00d7, 0x8df1_8d39_ed11_ef8e].into()));
}
