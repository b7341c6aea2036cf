//! Segments, compiled for matching.
//!
//! [`keys`] is the one table of what conditions can look at, [`Rules`] the compiled form of all
//! active segments of an organisation. How segments are found without trying each is told in
//! `matcher`.

mod compiled;
mod criterion;
pub mod keys;
mod layer;
mod matcher;
mod rules;
mod sequence;

pub(crate) use compiled::{CompiledSegment, Criteria, JourneyCriteria, expires};
pub(crate) use criterion::Comparison;
pub use matcher::Scratch;
pub(crate) use rules::Identity;
pub use rules::{CompileError, CompileFault, Hit, Holding, Rules};
pub(crate) use sequence::{Decision, Plan, PlanOutcome, satisfying};
