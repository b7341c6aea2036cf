//! What the fuzzer calls for queries of aggregates: bytes become a query, and a query that is not
//! refused must give what the plainest evaluation gives, fact by fact and in columns.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;
use wayfare_engine::aggregates::columns::{ColumnFold, FactColumns, Never, Prepared};
use wayfare_engine::aggregates::{Answer, Fold, Limits, Stop, validate_within};
use wayfare_model::cells::Cells;
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::id::FactId;
use wayfare_model::objects;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::query::{Asker, Plan};
use wayfare_model::time::Moment;
use wayfare_model::wire::JourneyAggregationQuery;

use crate::input::{FIXED, Input};
use crate::plainest;

/// Few, so that some answers are too large.
const LIMITS: Limits = Limits { cells_max: 300, interval_days_max: 40, asker: Asker::Client };
/// Buckets up to which the plainest evaluation is quick enough.
const EDGES_MAX: usize = 40;
const HOUR_MS: i64 = 3_600_000;

const STORED: [Metric; 4] = [
    Metric::JourneySessions,
    Metric::JourneySegmentsAssigned,
    Metric::WebActionsOffered,
    Metric::JourneyOutcomeValue,
];
const METRICS: [&str; 8] = [
    "nJourneySessions",
    "nJourneySegmentsAssigned",
    "nWebActionsOffered",
    "oJourneyOutcomeValue",
    "nDistinctJourneySessions",
    "nDistinctJourneyActions",
    "tHandle",
    "",
];
const DIMENSIONS: [Dimension; 5] = [
    Dimension::JourneySessionId,
    Dimension::JourneyActionId,
    Dimension::JourneySessionSegmentId,
    Dimension::JourneySegmentAssignmentState,
    Dimension::JourneyDeviceCategory,
];
const VALUES: [&str; 6] = ["Assigned", "Unassigned", "a", "b", "\u{e4}\"", ""];
const INTERVALS: [&str; 12] = [
    "2026-03-28T00:00:00Z/2026-03-30T00:00:00Z",
    "2026-03-28T00:00:00.000Z/2026-04-02T12:30:00.000Z",
    "2026-03-28T00:00:00+02:00/2026-03-31T00:00:00+02:00",
    "2026-03-28/2026-03-31",
    "2026-03-28/P5D",
    "P3DT2H/2026-03-31T00:00:00Z",
    "2026-03-28T01:00:00Z/PT36H",
    "2026-03-30/2026-03-28",
    "2026-03-28/2028-03-28",
    "2026-03-28",
    "P1D/P1D",
    "9999-12-31T23:59:59Z/P40D",
];
const GRANULARITIES: [&str; 10] =
    ["P1D", "PT1H", "PT30M", "P1W", "P1M", "PT7H", "PT0S", "P1Y", "PT1M", "-P1D"];
const ZONES: [&str; 6] =
    ["Europe/Berlin", "UTC", "America/St_Johns", "Pacific/Apia", "Nowhere/Land", ""];

/// Facts over a few days in which clocks change.
fn facts() -> Vec<Fact> {
    let start = Moment::parse("2026-03-28T00:00:00Z").expect("a date");
    let mut input = Input(FIXED);
    let moment = |input: &mut Input<'_>| {
        let hour = i64::try_from(input.below(96)).unwrap_or_default();
        start.plus_ms(hour * HOUR_MS)
    };
    let fact = |number: u128, input: &mut Input<'_>| {
        let (emitted, happened) = (moment(input), moment(input));
        let values =
            |input: &mut Input<'_>| input.several(2, |input| input.of(&VALUES[..5]).to_owned());
        let dimensions: BTreeMap<Dimension, Vec<String>> =
            input.several(3, |input| (input.of(&DIMENSIONS), values(input))).into_iter().collect();
        // Quarters, so that sums are exact in any order.
        let quarters = f64::from(u32::try_from(input.below(16)).unwrap_or_default()) - 8.0;
        Fact {
            id: FactId::from_uuid(Uuid::from_u128(number)),
            metric: input.of(&STORED),
            emitted,
            happened,
            value: (input.below(3) > 0).then_some(quarters / 4.0),
            dimensions,
        }
    };
    (0..24).map(|number| fact(number, &mut input)).collect()
}

/// A value that is known, or any other.
fn word(input: &mut Input<'_>, known: &[&str]) -> Value {
    match input.below(16) {
        0 => Value::Null,
        1 => json!(input.below(256)),
        2 => json!(input.text()),
        _ => json!(input.of(known)),
    }
}

fn dimension(input: &mut Input<'_>) -> Value {
    word(input, &DIMENSIONS.map(Dimension::as_str))
}

fn range(input: &mut Input<'_>) -> Value {
    let bounds = input.several(2, |input| {
        let bound = f64::from(u32::try_from(input.below(24)).unwrap_or_default()) / 4.0 - 3.0;
        (input.of(&["gte", "lt", "gt", "lte"]).to_owned(), json!(bound))
    });
    Value::Object(bounds.into_iter().collect())
}

fn predicate(input: &mut Input<'_>) -> Value {
    match input.below(6) {
        0 => json!({"dimension": dimension(input), "operator": "exists"}),
        1 => json!({"dimension": dimension(input), "operator": "notExists"}),
        2 => json!({"range": range(input)}),
        3 => json!({
            "type": word(input, &["dimension", "metric", "property"]),
            "dimension": dimension(input),
            "operator": word(input, &["matches", "exists", "notExists"]),
            "value": word(input, &VALUES),
        }),
        _ => json!({"dimension": dimension(input), "value": word(input, &VALUES)}),
    }
}

/// A query of choices: most of it legal.
fn query(input: &mut Input<'_>) -> Value {
    const JOINS: [&str; 3] = ["and", "or", "OR"];
    let mut query = Map::new();
    query.insert("interval".to_owned(), word(input, &INTERVALS));
    let metrics = input.several(3, |input| word(input, &METRICS));
    query.insert("metrics".to_owned(), json!(metrics));
    if input.below(3) > 0 {
        query.insert("granularity".to_owned(), word(input, &GRANULARITIES));
    }
    if input.below(3) == 0 {
        query.insert("timeZone".to_owned(), word(input, &ZONES));
    }
    if input.below(2) == 0 {
        query.insert("groupBy".to_owned(), json!(input.several(4, dimension)));
    }
    if input.below(4) == 0 {
        query.insert("alternateTimeDimension".to_owned(), word(input, &["eventTime"]));
    }
    if input.below(2) == 0 {
        query.insert("flattenMultivaluedDimensions".to_owned(), json!(input.below(2) == 1));
    }
    if input.below(2) == 0 {
        let mut filter = json!({"type": word(input, &JOINS)});
        let clauses = input.several(
            2,
            |input| json!({"type": word(input, &JOINS), "predicates": input.several(3, predicate)}),
        );
        if !clauses.is_empty() {
            filter["clauses"] = json!(clauses);
        }
        if clauses.is_empty() || input.below(2) == 0 {
            filter["predicates"] = json!(input.several(3, predicate));
        }
        query.insert("filter".to_owned(), filter);
    }
    if input.below(3) == 0 {
        let views = input.several(2, |input| {
            json!({
                "name": word(input, &["one", "two", "nJourneySessions"]),
                "target": word(input, &METRICS),
                "function": word(input, &["rangeBound"]),
                "range": range(input),
            })
        });
        query.insert("views".to_owned(), json!(views));
    }
    Value::Object(query)
}

/// A refusal names every place at which something is wrong.
fn check_refusal(problem: &Problem) {
    let legal = [
        ProblemKind::BadRequest,
        ProblemKind::InvalidValue,
        ProblemKind::InvalidDate,
        ProblemKind::ConstraintValidation,
        ProblemKind::ResponseTooLarge,
    ];
    assert!(legal.contains(&problem.kind), "{problem:?}");
    assert!(!problem.faults.is_empty(), "{problem:?}");
    for fault in &problem.faults {
        assert!(!fault.field.is_empty() && !fault.message.is_empty(), "{problem:?}");
    }
}

fn fold(plan: &Plan, facts: &[Fact]) -> Result<Cells, Stop> {
    let mut fold = Fold::new(plan);
    facts.iter().try_for_each(|fact| fold.add(fact))?;
    fold.finish()
}

/// In columns, in two parts.
fn fold_columns(plan: &Plan, facts: &[Fact], cut: usize) -> Result<Cells, Stop> {
    let mut columns = FactColumns::new();
    for fact in facts {
        columns.push(fact).expect("room");
    }
    let block = columns.block().expect("a block");
    let prepared = Prepared::new(plan, &block, &Never)?;
    let mut whole = ColumnFold::new(plan);
    whole.add(&prepared, &block, 0..cut, &Never)?;
    let mut part = ColumnFold::new(plan);
    part.add(&prepared, &block, cut..facts.len(), &Never)?;
    whole.merge(part);
    whole.finish()
}

/// Any query, over a few facts.
pub(crate) fn aggregate_queries(data: &[u8]) {
    answered(data);
}

/// The same; gives how many cells there were, if it was answered.
pub(crate) fn answered(data: &[u8]) -> Option<usize> {
    let mut input = Input(data);
    // Bytes as they come are hardly ever JSON: most often they are choices.
    let body = match data.first() {
        Some(b'{') => data.to_vec(),
        _ => query(&mut input).to_string().into_bytes(),
    };
    let query: JourneyAggregationQuery = objects::from_slice(&body).ok()?;
    let plan = match validate_within(&query, LIMITS) {
        Ok(plan) => plan,
        Err(problem) => {
            check_refusal(&problem);
            return None;
        }
    };
    let facts = facts();
    let cells = fold(&plan, &facts);
    let cut = input.below(facts.len() + 1);
    assert_eq!(fold_columns(&plan, &facts, cut), cells, "{query:?}");
    let cells = cells.ok()?;
    if plan.edges.len() <= EDGES_MAX {
        let expected = plainest::evaluate(&plan, &facts);
        assert_eq!(plainest::cells(&cells), expected, "{query:?}");
    }
    let count = cells.keys.len();
    let written = Answer::new(&plan, &query, cells).to_json();
    let read: Value = serde_json::from_slice(&written).expect("an answer is JSON");
    assert!(read["results"].is_array(), "{query:?}");
    Some(count)
}
