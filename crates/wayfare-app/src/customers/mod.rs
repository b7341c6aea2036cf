//! Deleting customers.

mod deletion;
mod document;
pub(crate) mod naming;
pub(crate) mod runner;

pub use document::{CustomerDeletion, DeletionState};
