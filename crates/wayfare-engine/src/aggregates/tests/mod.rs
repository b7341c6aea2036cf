//! Tests of the aggregates: tables of what clients send and get, and properties over random facts
//! and plans.

mod answers;
mod blocks;
mod columns;
mod distinct;
mod faults;
mod intervals;
mod limits;
mod naive;
mod numbers;
mod plans;
mod properties;
mod random;
mod ranges;
mod shape;

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::time::Moment;
use wayfare_model::wire::JourneyAggregationQuery;

fn query(body: &Value) -> JourneyAggregationQuery {
    serde_json::from_value(body.clone()).expect("a query")
}

/// A fact of `metric` at `moment` from words `dimension=value`, several values divided by `|`, and
/// `value=number`.
fn fact(metric: &str, moment: &str, words: &str) -> Fact {
    let moment = Moment::parse(moment).expect("a date");
    let mut fact = Fact {
        id: FactId::from_uuid(Uuid::nil()),
        metric: metric.parse::<Metric>().expect("a metric"),
        emitted: moment,
        happened: moment,
        value: None,
        dimensions: BTreeMap::new(),
    };
    for word in words.split_whitespace() {
        let (name, text) = word.split_once('=').expect("dimension=value");
        if name == "value" {
            fact.value = Some(text.parse().expect("a number"));
        } else {
            let dimension = name.parse::<Dimension>().expect("a dimension");
            fact.dimensions.insert(dimension, text.split('|').map(str::to_owned).collect());
        }
    }
    fact
}
