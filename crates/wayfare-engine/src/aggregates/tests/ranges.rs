//! Ranges of rows that workers are given.

use proptest::prelude::*;
use serde_json::json;

use super::{fact, query};
use crate::aggregates::columns::{FactColumns, Never, Prepared};
use crate::aggregates::validate;

proptest! {
    #[test]
    fn ranges_of_whole_buckets_share_no_row_and_no_bucket_and_leave_none_out(
        rows in prop::collection::vec(0_usize..9, 1..8),
        mut cuts in prop::collection::vec(0_usize..60, 0..6),
        bucket_rows_max in 0_usize..9,
    ) {
        let body = json!({
            "interval": "2020-11-02/P5D", "granularity": "P1D", "metrics": ["nJourneySessions"],
        });
        let plan = validate(&query(&body)).expect("a valid query");
        let mut columns = FactColumns::default();
        let mut day_of = Vec::new();
        // Some are before and some behind the interval.
        for (day, count) in (1..).zip(&rows) {
            for _ in 0..*count {
                let emitted = format!("2020-11-{day:02}");
                columns.push(&fact("nJourneySessions", &emitted, "")).expect("room");
                day_of.push(day);
            }
        }
        let block = columns.block().expect("a block");
        let prepared = Prepared::new(&plan, &block, &Never).expect("no end");
        cuts.extend([0, day_of.len()]);
        cuts.retain(|cut| *cut <= day_of.len());
        cuts.sort_unstable();
        let ranges: Vec<_> = (cuts.windows(2))
            .map(|cut| prepared.whole_buckets(&(cut[0]..cut[1]), bucket_rows_max))
            .collect();
        prop_assert_eq!(ranges.first().map(|range| range.start), Some(0));
        prop_assert_eq!(ranges.last().map(|range| range.end), Some(day_of.len()));
        prop_assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "{:?}", ranges);
        for range in ranges.iter().filter(|range| !range.is_empty() && range.start > 0) {
            let (before, first) = (day_of[range.start - 1], day_of[range.start]);
            let of_day = day_of.iter().filter(|day| **day == first).count();
            let is_counted = (2..7).contains(&first);
            prop_assert!(!is_counted || before != first || of_day > bucket_rows_max, "{:?}", range);
        }
    }

    #[test]
    fn rows_are_narrowed_only_by_what_every_fact_must_have(
        filter in 0_usize..4,
        (start, end) in (0_usize..30, 0_usize..30),
    ) {
        let wanted = json!({ "dimension": "journeySessionId", "value": "7" });
        let other = json!({ "dimension": "journeyCustomerId", "value": "3" });
        let (kind, predicates, is_needed) = [
            ("and", json!([wanted]), true),
            ("and", json!([other, wanted]), true),
            ("or", json!([other, wanted]), false),
            ("and", json!([other]), false),
        ][filter].clone();
        let body = json!({
            "interval": "2020-11-01/P1D", "metrics": ["nJourneySessions"],
            "filter": { "type": kind, "predicates": predicates },
        });
        let plan = validate(&query(&body)).expect("a valid query");
        let mut columns = FactColumns::default();
        for number in 0..20 {
            let words = format!("journeySessionId={number} journeyCustomerId={}", number % 5);
            columns.push(&fact("nJourneySessions", "2020-11-01", &words)).expect("room");
        }
        let block = columns.block().expect("a block");
        let mut prepared = Prepared::new(&plan, &block, &Never).expect("no end");
        let dimension = "journeySessionId".parse().expect("a dimension");
        prepared.narrow(dimension, |codes| if codes == [7] { start..end } else { 0..0 });
        let narrowed = start.min(20)..end.min(20).max(start.min(20));
        prop_assert_eq!(prepared.rows().len(), if is_needed { narrowed.len() } else { 20 });
    }
}
