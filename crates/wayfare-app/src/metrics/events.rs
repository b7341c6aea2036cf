//! Events by what became of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use wayfare_model::metrics::Family;
use wayfare_model::problem::ProblemKind;

use crate::error::Error;

/// Where events come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Door {
    /// Web events.
    Web,
    /// App events.
    App,
    /// Lines of imports.
    Import,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
            Self::Import => "import",
        }
    }
}

/// What became of an event: in a word, and the code of the error when it was refused.
type Outcome = (&'static str, &'static str);

/// Events by door and outcome. Both are of few.
#[derive(Debug, Default)]
pub(crate) struct EventMetrics(Mutex<BTreeMap<(Door, Outcome), u64>>);

impl EventMetrics {
    fn add(&self, door: Door, outcome: Outcome, number: u64) {
        if number > 0 {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry((door, outcome)).or_default() += number;
        }
    }

    /// Events that were applied.
    pub(crate) fn accepted(&self, door: Door, number: u64) {
        self.add(door, ("accepted", ""), number);
    }

    /// Events that had been applied before.
    pub(crate) fn duplicate(&self, door: Door, number: u64) {
        self.add(door, ("duplicate", ""), number);
    }

    /// Events that were refused.
    pub(crate) fn refused(&self, door: Door, kind: ProblemKind, number: u64) {
        let outcome = if kind == ProblemKind::TooManyRequests { "throttled" } else { "refused" };
        self.add(door, (outcome, kind.code()), number);
    }

    /// Events of a request that failed.
    pub(crate) fn failed(&self, door: Door, error: &Error, number: u64) {
        match error {
            Error::Problem(problem) => self.refused(door, problem.kind, number),
            Error::SegmentGone(_) => self.refused(door, ProblemKind::NotFound, number),
            Error::Store(_) | Error::BrokeDown(_) | Error::Stopping => {
                self.add(door, ("failed", ""), number)
            }
        }
    }

    pub(super) fn families(&self) -> Vec<Family> {
        let help = "Events by what became of them; those whose request could not be read at all are \
                    among the HTTP requests only";
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let family = Family::counter("wayfare_events", help);
        let known = counts.iter().fold(family, |family, ((door, (outcome, code)), number)| {
            let labels = [("door", door.as_str()), ("outcome", outcome), ("code", code)];
            family.labelled(labels, *number)
        });
        vec![known]
    }
}
