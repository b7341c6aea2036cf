//! Answers that would be too large.

use serde_json::json;
use wayfare_model::cells::Cells;
use wayfare_model::fact::Fact;
use wayfare_model::limits::AGGREGATE_DISTINCT_EXACT_MAX;
use wayfare_model::query::Plan;

use super::{fact, query};
use crate::aggregates::columns::{ColumnFold, FactColumns, Never, Prepared};
use crate::aggregates::{Fold, Stop, validate};

#[test]
fn too_many_cells_are_refused_while_folding_and_while_merging() {
    let body = json!({
        "interval": "2020-11-01/P30D", "granularity": "P1D", "metrics": ["nJourneySessions"],
        "groupBy": ["journeySessionId"],
    });
    let mut plan = validate(&query(&body)).expect("a valid query");
    plan.cells_max = 2;
    let fold = |facts: &[Fact]| {
        let mut fold = Fold::new(&plan);
        facts.iter().try_for_each(|fact| fold.add(fact))?;
        fold.finish()
    };
    let sessions = [("2020-11-02", "S1"), ("2020-11-02", "S2"), ("2020-11-03", "S3")]
        .map(|(day, id)| fact("nJourneySessions", day, &format!("journeySessionId={id}")));
    assert_eq!(fold(&sessions), Err(Stop::TooManyCells { limit: 2 }));
    assert_eq!(fold(&sessions[..2]).expect("two").len(), 2);

    // Three dimensions of a hundred values each are a million groups: no more of them are made than
    // fit.
    let values = (0..100).map(|value| value.to_string()).collect::<Vec<_>>().join("|");
    let dimensions = ["equalCondition", "notEqualCondition", "startsWithCondition"];
    let words = dimensions.map(|dimension| format!("{dimension}={values}")).join(" ");
    plan.group_by = dimensions.map(|name| name.parse().expect("a dimension")).to_vec();
    plan.cells_max = 10_000;
    let mut fold = Fold::new(&plan);
    let wide = fact("nJourneySessions", "2020-11-02", &words);
    assert_eq!(fold.add(&wide), Err(Stop::TooManyCells { limit: 10_000 }));
}

#[test]
fn a_group_by_of_many_values_ends_before_it_takes_much_memory() {
    const FACTS: u64 = 120_000;
    let dimensions = [
        "journeySessionId",
        "journeyCustomerId",
        "journeyActionId",
        "journeySegmentId",
        "journeyOutcomeId",
    ];
    let body = json!({
        "interval": "2020-11-01/P30D", "granularity": "PT1H",
        "metrics": ["nJourneySessions", "nDistinctJourneySessions"], "groupBy": dimensions,
    });
    let mut plan = validate(&query(&body)).expect("a valid query");
    let mut columns = FactColumns::default();
    for number in 0..FACTS {
        let word = |factor: u64| number * factor % (FACTS - 1);
        let words: Vec<String> = (dimensions.iter().zip([1, 7, 11, 13, 17]))
            .map(|(name, factor)| format!("{name}=a-value-of-some-length-{}", word(factor)))
            .collect();
        let day = format!("2020-11-{:02}", 1 + number * 30 / FACTS);
        columns.push(&fact("nJourneySessions", &day, &words.join(" "))).expect("room");
    }
    let block = columns.block().expect("a block");
    for cells_max in [10_000, 100_000] {
        plan.cells_max = cells_max;
        let prepared = Prepared::new(&plan, &block, &Never).expect("no end");
        let mut fold = ColumnFold::new(&plan);
        let stop = fold.add(&prepared, &block, prepared.rows(), &Never);
        assert_eq!(stop, Err(Stop::TooManyCells { limit: cells_max }));
        // What the cells themselves take, five texts, their keys and figures, and an array of places.
        let bytes = fold.bytes();
        let most = (32 << 20) + cells_max * 1_000;
        assert!((cells_max * 200..most).contains(&bytes), "{cells_max}: {bytes}");
    }
}

/// A count of different sessions by day, of as many a day as `sizes` says.
fn distinct(sizes: &[usize], distinct_values_max: usize) -> Result<Cells, Stop> {
    let body = json!({
        "interval": "2020-11-01/P30D", "granularity": "P1D", "metrics": ["nDistinctJourneySessions"],
    });
    let plan = Plan { distinct_values_max, ..validate(&query(&body)).expect("a valid query") };
    let mut fold = Fold::new(&plan);
    for (day, size) in (1..).zip(sizes) {
        for id in 0..*size {
            let words = format!("journeySessionId={id}");
            fold.add(&fact("nJourneySessions", &format!("2020-11-{day:02}"), &words))?;
        }
    }
    fold.finish()
}

#[test]
fn too_many_different_values_are_counted_less_exactly_and_then_refused() {
    let [_, _, lowest] = AGGREGATE_DISTINCT_EXACT_MAX;
    let counts = |cells: &Cells| -> Vec<_> {
        (0..cells.len()).filter_map(|cell| Some(cells.figures(0, cell)?.count)).collect()
    };
    let size = 2 * lowest;
    let exact = distinct(&[size, size, 7], 2 * size + 7).expect("just fits");
    assert_eq!(counts(&exact), [size as u64, size as u64, 7]);
    let [one, other, few] = counts(&distinct(&[size, size, 7], 2 * size).expect("fits"))[..] else {
        panic!("three days");
    };
    assert_eq!((one, few), (other, 7));
    assert!(one.abs_diff(size as u64) < size as u64 / 40, "{one}");
    let weight = 2 * (lowest + 1) + 7;
    assert!(distinct(&[size, size, 7], weight).is_ok());
    let limit = weight - 1;
    assert_eq!(distinct(&[size, size, 7], limit), Err(Stop::TooManyDistinctValues { limit }));
}
