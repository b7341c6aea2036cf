//! Random facts and random queries, over every metric, dimension and rule, and across changes of the
//! clocks.

use serde_json::{Value, json};
use uuid::Uuid;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::time::Moment;
use wayfare_model::wire::JourneyAggregationQuery;

use super::numbers::Numbers;
use crate::aggregates::is_stored;

/// Dimensions that most facts and queries are about, so that they meet.
const USUAL: [Dimension; 6] = [
    Dimension::JourneySessionId,
    Dimension::JourneyActionId,
    Dimension::JourneySessionSegmentId,
    Dimension::JourneySegmentAssignmentState,
    Dimension::JourneyDeviceCategory,
    Dimension::EqualCondition,
];
const DAY_MS: i64 = 86_400_000;
/// 2025-03-29 and 2025-10-25, a day before the clocks change in London and Berlin; 2025-03-08, a day
/// before they do in New York.
const STARTS: [&str; 4] = ["2025-03-29", "2025-10-25", "2025-03-08", "2025-06-01"];
const ZONES: [&str; 5] =
    ["Europe/London", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"];

/// Some facts over some days from `start` on, and a query about these days.
pub(super) struct Case {
    pub(super) facts: Vec<Fact>,
    pub(super) query: JourneyAggregationQuery,
}

/// Few or many different values of a dimension.
fn value(dimension: Dimension, many: bool, numbers: &mut Numbers) -> String {
    let number = numbers.below(if many { 400 } else { 4 });
    match dimension {
        Dimension::JourneySegmentAssignmentState => {
            (*numbers.pick(&["Assigned", "Unassigned", "Other"])).to_owned()
        }
        Dimension::JourneySessionId | Dimension::JourneySessionSegmentId => {
            Uuid::from_u128(0x6f1c_0f6e << 64 | number as u128).to_string()
        }
        // UUIDs among other texts, and one that is not written as usual.
        Dimension::JourneyActionId => match number % 3 {
            0 => Uuid::from_u128(number as u128).to_string(),
            1 => Uuid::from_u128(0xab << 120 | number as u128).to_string().to_uppercase(),
            _ => format!("action, \"{number}\""),
        },
        _ => format!("{number}"),
    }
}

fn fact(start: Moment, days: i64, many: bool, metrics: &[Metric], numbers: &mut Numbers) -> Fact {
    let mut moment = || start.plus_ms(numbers.below((days * DAY_MS) as usize) as i64);
    let (emitted, other) = (moment(), moment());
    let mut dimensions = numbers.some(&USUAL, numbers.0 as usize % 6);
    if numbers.one_in(3) {
        dimensions.push(*numbers.pick(Dimension::ALL));
    }
    let values = dimensions.into_iter().map(|dimension| {
        let is_multi =
            matches!(dimension, Dimension::JourneySessionSegmentId | Dimension::EqualCondition);
        let count = if is_multi { numbers.below(4) } else { 1 };
        (dimension, (0..count).map(|_| value(dimension, many, numbers)).collect())
    });
    let dimensions = values.collect();
    Fact {
        id: FactId::from_uuid(Uuid::nil()),
        metric: *numbers.pick(metrics),
        emitted,
        happened: if numbers.one_in(2) { emitted } else { other },
        // Quarters, so that sums are exact in any order.
        value: numbers.one_in(2).then(|| numbers.below(40) as f64 / 4.0 - 3.0),
        dimensions,
    }
}

impl Case {
    /// A case of so many facts at most.
    pub(super) fn new(facts_max: usize, numbers: &mut Numbers) -> Self {
        let start = Moment::parse(numbers.pick::<&str>(&STARTS)).expect("a date");
        let days = 1 + numbers.below(20) as i64;
        let stored: Vec<Metric> =
            Metric::ALL.iter().copied().filter(|metric| is_stored(*metric)).collect();
        let metrics = match numbers.below(4) {
            0 => vec![*numbers.pick(&stored)],
            1 => numbers.some(&stored, 2),
            _ => stored,
        };
        let many = numbers.one_in(2);
        let count = numbers.below(facts_max) + 1;
        let facts = (0..count).map(|_| fact(start, days, many, &metrics, numbers)).collect();
        let body = query(start, days, many, &metrics, numbers);
        Self { facts, query: serde_json::from_value(body).expect("a query") }
    }
}

fn query(start: Moment, days: i64, many: bool, stored: &[Metric], numbers: &mut Numbers) -> Value {
    let from = start.plus_ms(numbers.below(DAY_MS as usize) as i64 - DAY_MS / 2);
    let to = from.plus_ms((1 + numbers.below(days as usize)) as i64 * DAY_MS);
    let mut metrics: Vec<Metric> = numbers.some(stored, 2);
    // Of facts that are all of one metric nothing else may be asked for.
    if stored.len() > 1 || metrics.is_empty() || numbers.one_in(2) {
        metrics.extend(numbers.some(Metric::ALL, numbers.0 as usize % 4));
    }
    let mut group_by = numbers.some(&USUAL, numbers.0 as usize % 4);
    if numbers.one_in(4) {
        group_by.push(*numbers.pick(&Dimension::ALL[..20]));
        group_by.dedup();
    }
    let mut body = json!({
        "interval": format!("{from}/{to}"),
        "timeZone": numbers.pick(&ZONES),
        "metrics": metrics.iter().map(|metric| metric.as_str()).collect::<Vec<_>>(),
        "flattenMultivaluedDimensions": numbers.one_in(2),
    });
    let mut names: Vec<&str> = group_by.iter().map(|dimension| dimension.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    body["groupBy"] = json!(numbers.some(&names, names.len()));
    if !numbers.one_in(4) {
        body["granularity"] = json!(numbers.pick(&["P1D", "PT1H", "PT30M", "P1W", "PT7H", "P1M"]));
    }
    if numbers.one_in(3) {
        body["alternateTimeDimension"] = json!("eventTime");
    }
    if !numbers.one_in(3) {
        let clauses: Vec<_> = (0..numbers.below(3))
            .map(|_| json!({"type": join(numbers), "predicates": predicates(many, numbers)}))
            .collect();
        let mut filter = json!({"type": join(numbers), "clauses": clauses});
        if clauses.is_empty() || numbers.one_in(2) {
            filter["predicates"] = predicates(many, numbers);
        }
        body["filter"] = filter;
    }
    let views = (0..numbers.below(3)).map(|number| {
        let target = numbers.pick(&metrics).as_str();
        let range = json!({"gte": numbers.below(24) as f64 / 4.0 - 2.0, "lt": 6.25});
        json!({"name": format!("view {number}"), "target": target, "function": "rangeBound", "range": range})
    });
    body["views"] = views.collect();
    body
}

fn join(numbers: &mut Numbers) -> &'static str {
    if numbers.one_in(2) { "and" } else { "or" }
}

fn predicates(many: bool, numbers: &mut Numbers) -> Value {
    let mut all = Vec::new();
    let dimension = *numbers.pick(&USUAL);
    for _ in 0..=numbers.below(if numbers.0.is_multiple_of(3) { 9 } else { 3 }) {
        let other = *numbers.pick(&USUAL);
        let dimension = if numbers.one_in(2) { dimension } else { other };
        all.push(match numbers.below(8) {
            0 => json!({"dimension": dimension.as_str(), "operator": "exists"}),
            1 => json!({"dimension": dimension.as_str(), "operator": "notExists"}),
            2 => json!({"range": {"gt": numbers.below(16) as f64 / 4.0 - 2.0, "lte": 5.0}}),
            3 => json!({"range": {"lt": numbers.below(16) as f64 / 4.0}}),
            _ => {
                json!({"dimension": dimension.as_str(), "value": value(dimension, many, numbers)})
            }
        });
    }
    json!(all)
}
