//! Reading the filter of a query.

use wayfare_model::fact::Dimension;
use wayfare_model::limits::AGGREGATE_FILTER_TERMS_MAX;
use wayfare_model::problem::Fault;
use wayfare_model::query::{Filter, ValueRange};
use wayfare_model::wire::{
    AggregateFilterType, AggregatePredicateOperator, AggregatePredicateType,
    JourneyAggregateQueryFilter, JourneyAggregateQueryPredicate, NumericRange,
};

use super::faults::Faults;

/// The types of a predicate that can be asked for. The contract has `property` too, but no
/// generation has a field that would name one.
const PREDICATE_TYPES: [AggregatePredicateType; 2] =
    [AggregatePredicateType::Dimension, AggregatePredicateType::Metric];
const OPERATORS: [AggregatePredicateOperator; 3] = [
    AggregatePredicateOperator::Matches,
    AggregatePredicateOperator::Exists,
    AggregatePredicateOperator::NotExists,
];

/// Reads a filter. One without any clause or predicate filters nothing, whatever its type.
pub(super) fn read_filter(
    filter: &JourneyAggregateQueryFilter,
    faults: &mut Faults,
) -> Option<Filter> {
    let join = read_join(filter.type_.as_deref(), "filter", faults);
    let clauses = filter.clauses.as_deref().unwrap_or_default();
    let predicates = filter.predicates.as_deref().unwrap_or_default();
    check_length(clauses, "filter.clauses", faults);
    let mut terms = Vec::new();
    for (index, clause) in clauses.iter().enumerate() {
        let path = format!("filter.clauses[{index}]");
        let join = read_join(clause.type_.as_deref(), &path, faults);
        let predicates = clause.predicates.as_deref().filter(|predicates| !predicates.is_empty());
        if let Some(predicates) = faults.required(predicates, format!("{path}.predicates")) {
            terms.push(join.zip(read_predicates(predicates, &path, faults)).map(apply));
        }
    }
    let singles = read_predicates(predicates, "filter", faults);
    let mut terms: Vec<Filter> = terms.into_iter().collect::<Option<_>>()?;
    terms.extend(singles?);
    if terms.is_empty() { Some(Filter::And(terms)) } else { Some(apply((join?, terms))) }
}

fn apply((join, terms): (AggregateFilterType, Vec<Filter>)) -> Filter {
    match join {
        AggregateFilterType::And => Filter::And(terms),
        AggregateFilterType::Or => Filter::Or(terms),
    }
}

fn read_join(text: Option<&str>, path: &str, faults: &mut Faults) -> Option<AggregateFilterType> {
    let field = format!("{path}.type");
    let text = faults.required(text, field.as_str())?;
    faults.word(text, &[AggregateFilterType::And, AggregateFilterType::Or], field)
}

fn check_length<T>(terms: &[T], field: &str, faults: &mut Faults) {
    if terms.len() > AGGREGATE_FILTER_TERMS_MAX {
        let rule = format!(
            "must have at most {AGGREGATE_FILTER_TERMS_MAX} entries, but has {}",
            terms.len()
        );
        faults.add(Fault::constraint(field, rule));
    }
}

/// Reads every predicate, so that all faults are found; none when one of them has a fault.
fn read_predicates(
    predicates: &[JourneyAggregateQueryPredicate],
    path: &str,
    faults: &mut Faults,
) -> Option<Vec<Filter>> {
    check_length(predicates, &format!("{path}.predicates"), faults);
    let read: Vec<Option<Filter>> = (predicates.iter().enumerate())
        .map(|(index, predicate)| {
            read_predicate(predicate, &format!("{path}.predicates[{index}]"), faults)
        })
        .collect();
    read.into_iter().collect()
}

fn read_predicate(
    predicate: &JourneyAggregateQueryPredicate,
    path: &str,
    faults: &mut Faults,
) -> Option<Filter> {
    let operator =
        predicate.operator.as_deref().map_or(Some(AggregatePredicateOperator::Matches), |text| {
            faults.word(text, &OPERATORS, format!("{path}.operator"))
        });
    match read_type(predicate, path, faults)? {
        AggregatePredicateType::Metric => read_metric_predicate(predicate, operator?, path, faults),
        _ => read_dimension_predicate(predicate, operator, path, faults),
    }
}

/// The type of a predicate. An absent one is inferred: a range without a dimension is about the
/// metric, everything else about a dimension.
fn read_type(
    predicate: &JourneyAggregateQueryPredicate,
    path: &str,
    faults: &mut Faults,
) -> Option<AggregatePredicateType> {
    match predicate.type_.as_deref() {
        Some(text) => faults.word(text, &PREDICATE_TYPES, format!("{path}.type")),
        None if predicate.range.is_some() && predicate.dimension.is_none() => {
            Some(AggregatePredicateType::Metric)
        }
        None => Some(AggregatePredicateType::Dimension),
    }
}

/// `matches`, `exists` or `notExists` of a dimension.
fn read_dimension_predicate(
    predicate: &JourneyAggregateQueryPredicate,
    operator: Option<AggregatePredicateOperator>,
    path: &str,
    faults: &mut Faults,
) -> Option<Filter> {
    let field = format!("{path}.dimension");
    let dimension = faults
        .required(predicate.dimension.as_deref(), field.as_str())
        .and_then(|text| faults.word(text, Dimension::ALL, field));
    refuse(predicate.range.is_some(), path, "range", "a dimension predicate", faults)?;
    match operator? {
        AggregatePredicateOperator::Matches => {
            let value = faults.required(predicate.value.as_deref(), format!("{path}.value"))?;
            Some(Filter::Matches(dimension?, value.to_owned()))
        }
        other => {
            refuse(predicate.value.is_some(), path, "value", &format!("operator {other}"), faults)?;
            Some(match other {
                AggregatePredicateOperator::NotExists => Filter::NotExists(dimension?),
                _ => Filter::Exists(dimension?),
            })
        }
    }
}

/// Bounds on the value of a fact. The contract has no field to name a metric here, so they are on
/// the facts of every metric that is asked for; a counter's value is 1 (U44).
fn read_metric_predicate(
    predicate: &JourneyAggregateQueryPredicate,
    operator: AggregatePredicateOperator,
    path: &str,
    faults: &mut Faults,
) -> Option<Filter> {
    let about = "a metric predicate";
    let dimension = refuse(predicate.dimension.is_some(), path, "dimension", about, faults);
    let value = refuse(predicate.value.is_some(), path, "value", about, faults);
    let operator = (operator == AggregatePredicateOperator::Matches).then_some(());
    if operator.is_none() {
        let rule = "must be matches in a metric predicate, or absent";
        faults.add(Fault::constraint(format!("{path}.operator"), rule));
    }
    let field = format!("{path}.range");
    let range = faults.required(predicate.range.as_ref(), field.as_str())?;
    let range = read_range(bounds(range), field, faults)?;
    dimension.and(value).and(operator).map(|()| Filter::Value(range))
}

/// A fault when a field is there that says nothing here.
fn refuse(is_there: bool, path: &str, field: &str, about: &str, faults: &mut Faults) -> Option<()> {
    if is_there {
        let rule = format!("must be absent with {about}");
        faults.add(Fault::constraint(format!("{path}.{field}"), rule));
        return None;
    }
    Some(())
}

/// The four bounds of the contract as the two of ours: `gt` a number is `gte` the next one, `lte` a
/// number is `lt` the next one.
fn bounds(range: &NumericRange) -> ValueRange {
    let above = range.gt.map(f64::next_up);
    let up_to = range.lte.map(f64::next_up);
    ValueRange {
        gte: above.map_or(range.gte, |above| Some(range.gte.map_or(above, |gte| gte.max(above)))),
        lt: up_to.map_or(range.lt, |up_to| Some(range.lt.map_or(up_to, |lt| lt.min(up_to)))),
    }
}

/// Checks that a range has a bound and that some value lies within it.
pub(super) fn read_range(
    range: ValueRange,
    field: impl Into<String>,
    faults: &mut Faults,
) -> Option<ValueRange> {
    match range {
        ValueRange { gte: None, lt: None } => {
            faults.add(Fault::constraint(field, "must have at least one bound"));
            None
        }
        ValueRange { gte: Some(gte), lt: Some(lt) } if gte >= lt => {
            faults.add(Fault::constraint(field, "must have its lower bound below its upper one"));
            None
        }
        range => Some(range),
    }
}
