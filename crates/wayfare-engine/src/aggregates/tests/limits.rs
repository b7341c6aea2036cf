//! Answers that would be too large.

use expect_test::expect;
use serde_json::json;
use wayfare_model::fact::Fact;
use wayfare_model::problem::Problem;

use super::{fact, query};
use crate::aggregates::{Fold, TooManyCells, merge, validate};

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
        facts.iter().try_for_each(|fact| fold.add(fact)).map(|()| fold.finish())
    };
    let sessions = [("2020-11-02", "S1"), ("2020-11-02", "S2"), ("2020-11-03", "S3")]
        .map(|(day, id)| fact("nJourneySessions", day, &format!("journeySessionId={id}")));
    let limit = Err(TooManyCells { limit: 2 });
    assert_eq!(fold(&sessions), limit);
    let (two, one) = (fold(&sessions[..2]).expect("two"), fold(&sessions[2..]).expect("one"));
    assert_eq!(merge(two.clone(), one.clone(), 2), limit);
    assert!(merge(two.clone(), two.clone(), 2).is_ok(), "the same cells need no more room");
    assert!(merge(two, one, 3).is_ok());
    expect![[r#"
        the answer has more than 2 groups times buckets; use a shorter interval, a longer granularity, fewer groupBy dimensions or a narrower filter
    "#]].assert_eq(&(Problem::from(TooManyCells { limit: 2 }).message + "\n"));

    // Three dimensions of a hundred values each are a million groups: no more of them are made than
    // fit.
    let values = (0..100).map(|value| value.to_string()).collect::<Vec<_>>().join("|");
    let dimensions = ["equalCondition", "notEqualCondition", "startsWithCondition"];
    let words = dimensions.map(|dimension| format!("{dimension}={values}")).join(" ");
    plan.group_by = dimensions.map(|name| name.parse().expect("a dimension")).to_vec();
    plan.cells_max = 10_000;
    let mut fold = Fold::new(&plan);
    let wide = fact("nJourneySessions", "2020-11-02", &words);
    assert_eq!(fold.add(&wide), Err(TooManyCells { limit: 10_000 }));
}

#[test]
fn too_many_different_values_are_refused_too() {
    let body = json!({"interval": "2020-11-01/P30D", "metrics": ["nDistinctJourneySessions"]});
    let mut plan = validate(&query(&body)).expect("a valid query");
    plan.cells_max = 1;
    let fold = |ids: std::ops::Range<usize>| {
        let mut fold = Fold::new(&plan);
        for id in ids {
            let words = format!("journeySessionId={id}");
            fold.add(&fact("nJourneySessions", "2020-11-02", &words))?;
        }
        Ok(fold.finish())
    };
    let limit = TooManyCells { limit: 1 };
    assert_eq!(fold(0..501), Err(limit));
    let one = fold(0..500).expect("five hundred fit into one cell");
    assert!(merge(one.clone(), fold(100..400).expect("fits"), 1).is_ok());
    assert_eq!(merge(one, fold(500..501).expect("fits"), 1), Err(limit));
}
