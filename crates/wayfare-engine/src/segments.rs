//! Segments, compiled for matching.
//!
//! [`keys`] is the one table of what conditions can look at, [`Rules`] the compiled form of all
//! active segments of an organisation.

mod criterion;
pub mod keys;
mod rules;

pub use rules::{CompileError, CompileFault, Rules};
pub(crate) use rules::{CompiledSegment, Hit, expires};
