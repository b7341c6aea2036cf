//! Whether a fact is counted.

use wayfare_model::fact::{Dimension, Fact};
use wayfare_model::query::Filter;

use super::measure::{value_of, within};

/// Whether the filter holds for the fact.
#[must_use]
pub fn holds(filter: &Filter, fact: &Fact) -> bool {
    match filter {
        Filter::And(filters) => filters.iter().all(|filter| holds(filter, fact)),
        Filter::Or(filters) => filters.iter().any(|filter| holds(filter, fact)),
        Filter::Matches(dimension, text) => values(fact, *dimension).contains(text),
        Filter::Exists(dimension) => !values(fact, *dimension).is_empty(),
        Filter::NotExists(dimension) => values(fact, *dimension).is_empty(),
        Filter::Value(range) => value_of(fact).is_some_and(|value| within(*range, value)),
    }
}

/// The fact's values of a dimension; none when it lacks the dimension.
pub(super) fn values(fact: &Fact, dimension: Dimension) -> &[String] {
    fact.dimensions.get(&dimension).map_or(&[], Vec::as_slice)
}
