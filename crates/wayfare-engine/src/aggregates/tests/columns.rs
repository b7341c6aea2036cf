//! Folds over columns against the fold over facts, and the plainest evaluation of all.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use wayfare_model::cells::Cells;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::query::Plan;

use super::blocks::Columns;
use super::naive;
use super::numbers::Numbers;
use super::properties::{facts, fold, plan};
use super::random::Case;
use crate::aggregates::columns::{
    Block, Cancel, Codes, Column, ColumnFold, Dictionary, FactColumns, Never, Prepared, Totals,
    Values,
};
use crate::aggregates::{Answer, Stop, is_stored, validate};

fn columns(facts: &[Fact], is_dead: impl Fn(usize) -> bool) -> FactColumns {
    let mut columns = FactColumns::new();
    for (index, fact) in facts.iter().enumerate() {
        let row = columns.push(fact).expect("room");
        assert_eq!(row, index);
        if is_dead(index) {
            assert!(columns.kill(row), "alive before");
            assert!(!columns.kill(row), "dead before");
        }
    }
    columns
}

/// Folds the facts in two halves, each by its own fold, and merges them.
fn folded(plan: &Plan, block: &Block<'_>, cut: usize) -> Result<Cells, Stop> {
    let prepared = Prepared::new(plan, block, &Never)?;
    let mut whole = ColumnFold::new(plan);
    whole.add(&prepared, block, 0..cut, &Never)?;
    let mut part = ColumnFold::new(plan);
    part.add(&prepared, block, cut..block.rows(), &Never)?;
    whole.merge(part);
    whole.finish()
}

proptest! {
    #[test]
    fn columns_give_what_facts_give(
        plan in plan(),
        facts in facts(),
        is_sorted in any::<bool>(),
        cut in any::<Index>(),
        dead in proptest::collection::vec(any::<bool>(), 40),
        cells_max in prop_oneof![Just(10_000_usize), 0_usize..30],
    ) {
        let plan = Plan { cells_max, ..plan };
        let mut facts = facts;
        if is_sorted {
            facts.sort_by_key(|fact| fact.emitted);
        }
        let columns = columns(&facts, |row| dead[row]);
        let alive: Vec<_> = (facts.iter().zip(&dead))
            .filter(|(_, dead)| !**dead)
            .map(|(fact, _)| fact.clone())
            .collect();
        prop_assert_eq!(columns.dead_rows(), facts.len() - alive.len());
        let block = columns.block().expect("a block");
        let cut = cut.index(columns.rows() + 1);
        prop_assert_eq!(folded(&plan, &block, cut), fold(&plan, &alive));
    }
}

/// Folds blocks in ranges, by several folds that take turns, and merges these in any order.
fn folded_in_pieces(
    plan: &Plan,
    blocks: &[Block<'_>],
    numbers: &mut Numbers,
) -> Result<Cells, Stop> {
    let mut folds: Vec<_> = (0..1 + numbers.below(3)).map(|_| ColumnFold::new(plan)).collect();
    for block in blocks {
        let prepared = Prepared::new(plan, block, &Never)?;
        let mut start = 0;
        while start < block.rows() {
            let end = (start + 1 + numbers.below(block.rows())).min(block.rows());
            let fold = numbers.below(folds.len());
            folds[fold].add(&prepared, block, start..end, &Never)?;
            start = end;
        }
    }
    let mut whole = folds.swap_remove(numbers.below(folds.len()));
    while !folds.is_empty() {
        whole.merge(folds.swap_remove(numbers.below(folds.len())));
    }
    whole.finish()
}

/// Checks a random case with blocks of every form. Tells whether it had an answer with cells.
fn check_case(seed: u64, facts_max: usize, is_naive: bool) -> bool {
    let mut numbers = Numbers(seed);
    let Case { facts, query } = Case::new(facts_max, &mut numbers);
    let mut plan = validate(&query).expect("a valid query");
    plan.cells_max = if numbers.one_in(8) { numbers.below(50) } else { 1_000_000 };
    let mut rest = facts;
    let (mut blocks, mut alive) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let cut = if numbers.one_in(2) { 0 } else { numbers.below(rest.len()) };
        let (columns, counted) = Columns::new(rest.split_off(cut), &mut numbers);
        blocks.push(columns);
        alive.extend(counted);
    }
    let totals: Vec<_> = (blocks.iter())
        .map(|it| numbers.one_in(2).then(|| Totals::new(&it.block(), 1 + numbers.below(64))))
        .collect();
    let blocks = blocks.iter().map(Columns::block).zip(totals.iter().map(Option::as_ref));
    let blocks = blocks.map(|(block, totals)| match totals {
        Some(totals) => block.with_totals(totals).expect("lengths"),
        None => block,
    });
    let blocks: Vec<_> = blocks.collect();
    let found = folded_in_pieces(&plan, &blocks, &mut numbers);
    assert_eq!(found, fold(&plan, &alive), "seed {seed}, {query:?}");
    if let (Ok(found), true) = (&found, is_naive) {
        assert_eq!(naive::cells(found), naive::evaluate(&plan, &alive), "seed {seed}, {query:?}");
    }
    found.is_ok_and(|cells| !cells.is_empty())
}

#[test]
fn random_queries_over_few_facts() {
    let answered = (0..2_500).filter(|seed| check_case(*seed, 60, seed % 10 == 0)).count();
    assert!(answered > 1_000, "only {answered} had an answer with cells");
}

#[test]
fn random_queries_over_facts_of_several_chunks() {
    let answered = (10_000..10_060).filter(|seed| check_case(*seed, 8_000, false)).count();
    assert!(answered > 30, "only {answered} had an answer with cells");
}

#[test]
fn facts_of_one_metric_are_counted_whether_all_pass_or_many_or_few() {
    let facts = |ms: usize| {
        let words = format!("journeyActionId={} journeyActionMapId={}", ms % 3, ms % 40);
        let fact = super::fact("nJourneyOutcomesAchieved", "2020-11-02", &words);
        Fact { emitted: fact.emitted.plus_ms(ms as i64), ..fact }
    };
    let facts: Vec<_> = (0..3_000).map(facts).collect();
    let of_map = json!({"dimension": "journeyActionMapId", "value": "7"});
    let few = json!({"type": "and", "predicates": [of_map]});
    for (seed, filter) in (0..40).zip([None, Some(few)].iter().cycle()) {
        let mut body = json!({
            "interval": "2020-11-02/P1D", "metrics": ["nJourneyOutcomesAchieved"],
            "groupBy": ["journeyActionId"],
        });
        if let Some(filter) = filter {
            body["filter"] = filter.clone();
        }
        let plan = validate(&super::query(&body)).expect("a plan");
        // Of some blocks all facts are alive, of others five in six.
        let (columns, alive) = Columns::new(facts.clone(), &mut Numbers(seed));
        assert_eq!(folded(&plan, &columns.block(), 0), fold(&plan, &alive), "{seed}");
    }
}

#[test]
fn what_is_added_up_already_is_not_looked_at_again() {
    let facts = |value: &str| {
        let words = format!("value={value} journeyActionId=A");
        let fact = super::fact("oJourneyOutcomeValue", "2020-11-02", &words);
        let moved = |ms| Fact { emitted: fact.emitted.plus_ms(ms), ..fact.clone() };
        (0..20).map(moved).collect::<Vec<_>>()
    };
    let ones = columns(&facts("1"), |row| row == 13);
    let twos = columns(&facts("2"), |_| false);
    // Rows 0 to 7, 8 to 15; what is behind is in no stretch.
    let totals = Totals::new(&twos.block().expect("a block"), 8);
    let block = ones.block().expect("a block").with_totals(&totals).expect("lengths");
    let sum = |interval: &str, more: Value| {
        let mut query = json!({"interval": interval, "metrics": ["oJourneyOutcomeValue"]});
        query.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        let query = super::query(&query);
        let plan = validate(&query).expect("a plan");
        let prepared = Prepared::new(&plan, &block, &Never).expect("not cancelled");
        let mut fold = ColumnFold::new(&plan);
        fold.add(&prepared, &block, 0..20, &Never).expect("few cells");
        let json = Answer::new(&plan, &query, fold.finish().expect("few cells")).to_json();
        let answer: Value = serde_json::from_slice(&json).expect("json");
        answer["results"][0]["data"][0]["metrics"][0]["stats"]["sum"].as_f64().expect("a sum")
    };
    // Twice eight that are known, seven of eight with a dead one among them, and four.
    assert_eq!(sum("2020-11-02/P1D", json!({})), 16.0 + 7.0 + 4.0);
    // From the fifth on none of the first eight is known.
    assert_eq!(sum("2020-11-02T00:00:00.004Z/P1D", json!({})), 4.0 + 7.0 + 4.0);
    for divided in [
        json!({"groupBy": ["journeyActionId"]}),
        json!({"filter": {"type": "and", "predicates": [{"range": {"gte": 0.0}}]}}),
    ] {
        assert_eq!(sum("2020-11-02/P1D", divided), 19.0);
    }
}

#[test]
fn every_metric_and_every_dimension_can_be_asked_for() {
    let ask = |metric: Metric, dimension: Dimension, value: &str| {
        let query = super::query(&json!({
            "interval": "2020-11-01/P30D", "metrics": [metric.as_str()],
            "groupBy": [dimension.as_str()],
            "filter": {"type": "and", "predicates": [
                {"dimension": dimension.as_str(), "value": value},
                {"dimension": dimension.as_str(), "operator": "exists"},
            ]},
        }));
        let plan = validate(&query).expect("a plan");
        let stored = if is_stored(metric) { metric } else { Metric::JourneyActionsBlocked };
        let words = ["journeyActionId=A", "journeySessionId=S", "value=2.5"].join(" ");
        let words = format!("{words} {dimension}=one|two");
        let facts = [
            super::fact(stored.as_str(), "2020-11-02", &words),
            super::fact(stored.as_str(), "2020-11-02", "journeyActionId=B journeySessionId=S"),
        ];
        let columns = columns(&facts, |_| false);
        let cells = folded_in_pieces(
            &plan,
            &[columns.block().expect("a block")],
            &mut Numbers(metric as u64),
        );
        let cells = cells.expect("few cells");
        let json = Answer::new(&plan, &query, cells).to_json();
        let answer: Value = serde_json::from_slice(&json).expect("json");
        assert_eq!(answer["results"][0]["group"][dimension.as_str()], "one", "{metric}");
        assert_eq!(answer["results"].as_array().map(Vec::len), Some(2), "{dimension}");
        answer["results"][1]["data"][0]["metrics"][0].clone()
    };
    for metric in Metric::ALL {
        let stats = match metric.as_str().chars().next() {
            Some('o') => json!({"max": 2.5, "min": 2.5, "count": 1, "sum": 2.5}),
            _ => json!({"count": 1}),
        };
        let expected = json!({"metric": metric.as_str(), "stats": stats});
        assert_eq!(ask(*metric, Dimension::EqualCondition, "one"), expected);
    }
    for dimension in Dimension::ALL {
        ask(Metric::WebActionsOffered, *dimension, "two");
    }
}

#[test]
fn groups_of_more_values_than_fit_into_one_number() {
    let mut numbers = Numbers(5);
    let texts: Vec<u8> = (0..60_000).flat_map(|n| format!("{n:05}").into_bytes()).collect();
    let offsets: Vec<i32> = (0..=60_000).map(|number| number * 5).collect();
    let dictionary = Dictionary::Texts { offsets: &offsets, bytes: &texts };
    let names = [
        "equalCondition",
        "notEqualCondition",
        "startsWithCondition",
        "endsWithCondition",
        "journeyActionId",
    ];
    let codes: Vec<Vec<u16>> =
        names.iter().map(|_| (0..500).map(|_| numbers.below(60_000) as u16).collect()).collect();
    let emitted: Vec<i64> = (0..500).collect();
    let metrics = [Metric::JourneySessions];
    let metric_codes = vec![0; 500];
    let mut block = Block::new(&emitted, &metrics, &metric_codes).expect("lengths");
    let mut columns = FactColumns::new();
    for row in 0..500 {
        let words = (names.iter().zip(&codes))
            .map(|(name, codes)| format!("{name}={:05}", codes[row]))
            .collect::<Vec<_>>();
        let mut fact = super::fact("nJourneySessions", "1970-01-01", &words.join(" "));
        fact.emitted = fact.emitted.plus_ms(row as i64);
        columns.push(&fact).expect("room");
    }
    for (name, codes) in names.iter().zip(&codes) {
        let codes = Codes::U16(codes);
        let column = Column { codes, validity: None, offsets: None, dictionary };
        block = block.with_column(name.parse().expect("a dimension"), column).expect("lengths");
    }
    let query = super::query(&json!({
        "interval": "1970-01-01/P1D", "metrics": ["nJourneySessions"], "groupBy": names,
    }));
    let plan = validate(&query).expect("a plan");
    let wide = folded_in_pieces(&plan, &[block], &mut numbers).expect("few cells");
    let packed = columns.block().expect("a block");
    assert_eq!(wide.len(), 500);
    assert_eq!(folded_in_pieces(&plan, &[packed], &mut numbers).as_ref(), Ok(&wide));
}

#[test]
fn a_cancelled_fold_stops() {
    struct Now;
    impl Cancel for Now {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let fact = super::fact("nJourneySessions", "2020-11-02", "");
    let columns = columns(&[fact], |_| false);
    let query = super::query(&json!({
        "interval": "2020-11-01/P30D", "metrics": ["nJourneySessions"],
    }));
    let plan = validate(&query).expect("a plan");
    let block = columns.block().expect("a block");
    assert!(matches!(Prepared::new(&plan, &block, &Now), Err(Stop::Cancelled)));
    let prepared = Prepared::new(&plan, &block, &Never).expect("not cancelled");
    let mut fold = ColumnFold::new(&plan);
    assert_eq!(fold.add(&prepared, &block, 0..1, &Now), Err(Stop::Cancelled));
}

#[test]
fn columns_that_make_no_sense_do_not_panic() {
    let rows = 3_000;
    let mut numbers = Numbers(9);
    let emitted: Vec<i64> = (0..rows).map(|_| numbers.next() as i64 % 100_000_000).collect();
    let metrics = [Metric::JourneySessions, Metric::JourneyOutcomeValue];
    let metric_codes: Vec<u8> = (0..rows).map(|_| numbers.next() as u8).collect();
    let (small, wide): (Vec<u8>, Vec<u32>) =
        (0..rows).map(|_| (numbers.next() as u8, numbers.next() as u32)).unzip();
    let lists: Vec<i32> = (0..=rows).map(|_| numbers.next() as i32 % 4_000).collect();
    let text_offsets = [0, 4, 2, -7, i32::MAX];
    let texts = Dictionary::Texts { offsets: &text_offsets, bytes: b"\xff\xfeab" };
    let uuids = Dictionary::Uuids(&[[1; 16], [2; 16]]);
    let column = |codes, offsets, dictionary| Column { codes, validity: None, offsets, dictionary };
    let values = Values::Coded {
        codes: Codes::U32(&wide),
        dictionary: &[1.0, f64::NAN, f64::INFINITY],
        validity: None,
    };
    let block = Block::new(&emitted, &metrics, &metric_codes)
        .and_then(|block| block.sorted_by_emitted().with_values(values))
        .and_then(|block| {
            let codes = column(Codes::U8(&small), None, texts);
            block.with_column(Dimension::JourneyDeviceCategory, codes)
        })
        .and_then(|block| {
            let codes = column(Codes::U32(&wide), None, uuids);
            block.with_column(Dimension::JourneySessionId, codes)
        })
        .and_then(|block| {
            let codes = column(Codes::U32(&wide), Some(&lists), uuids);
            block.with_column(Dimension::JourneySessionSegmentId, codes)
        })
        .expect("lengths");
    let names = ["journeyDeviceCategory", "journeySessionId", "journeySessionSegmentId"];
    let filter = json!({"type": "or", "predicates": [
        {"dimension": names[0], "value": "ab"}, {"dimension": names[2], "operator": "notExists"},
        {"range": {"gte": 0.0}},
    ]});
    for flatten in [false, true] {
        for count in 0..=names.len() {
            let query = super::query(&json!({
                "interval": "1970-01-01/P2D", "granularity": "PT1H", "groupBy": names[..count],
                "metrics": ["nJourneySessions", "oJourneyOutcomeValue", "nDistinctJourneySessions"],
                "filter": filter, "flattenMultivaluedDimensions": flatten,
            }));
            let plan = Plan { cells_max: 1_000_000, ..validate(&query).expect("a plan") };
            let blocks = [block.clone()];
            let cells = folded_in_pieces(&plan, &blocks, &mut numbers).expect("few cells");
            let json = Answer::new(&plan, &query, cells).to_json();
            serde_json::from_slice::<Value>(&json).expect("json");
        }
    }
}
