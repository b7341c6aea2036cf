//! Everything that is wrong with a query, collected in one pass.

use std::fmt;
use std::str::FromStr;

use wayfare_model::limits::AGGREGATE_FAULTS_MAX;
use wayfare_model::problem::{Fault, Problem};

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if self.0.len() < AGGREGATE_FAULTS_MAX {
            self.0.push(fault);
        }
    }

    /// The value, or none and the fault is kept.
    pub(super) fn keep<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.add(fault)).ok()
    }

    /// The value of a required field, or none and the field is told as missing.
    pub(super) fn required<'a, T: ?Sized>(
        &mut self,
        value: Option<&'a T>,
        field: impl Into<String>,
    ) -> Option<&'a T> {
        if value.is_none() {
            self.add(Fault::missing(field));
        }
        value
    }

    /// A word of a closed set, or none and the field is told with the words allowed.
    pub(super) fn word<T: FromStr + Copy + PartialEq + fmt::Display>(
        &mut self,
        text: &str,
        allowed: &[T],
        field: impl Into<String>,
    ) -> Option<T> {
        let word = text.parse().ok().filter(|word| allowed.contains(word));
        // A body may have a hundred thousand unknown words: no texts are made to be thrown away.
        if word.is_none() && self.0.len() < AGGREGATE_FAULTS_MAX {
            self.add(Fault::invalid_value(field, text, list(allowed)));
        }
        word
    }

    /// The value when there are no faults, the problem when there are.
    pub(super) fn resolve<T>(self, value: Option<T>) -> Result<T, Problem> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Problem::from_faults(self.0)),
        }
    }
}

fn list<T: fmt::Display>(words: &[T]) -> String {
    words.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
