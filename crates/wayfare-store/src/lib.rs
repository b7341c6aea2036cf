//! What a store must do: traits, errors, and the conformance suite every backend runs.
//!
//! Rules of the seam: the organisation is the first argument of every method that reads or writes
//! something of one; lists are paged; ids and times are made by the caller; no transaction handle
//! crosses; a write that fails says whether it is certainly undone. What only one backend can do
//! stays out.

pub mod changes;
pub mod deletions;
pub mod deliveries;
pub mod documents;
pub mod error;
pub mod facts;
pub mod journeys;

#[cfg(feature = "conformance")]
pub mod conformance;

use std::sync::Arc;

pub use error::{Error, Result};

/// The stores of a server, chosen once in wiring.
#[derive(Clone)]
pub struct Stores {
    /// Definitions and access: organisations, clients, tokens, deployments, segments, targets.
    pub documents: Arc<dyn documents::Documents>,
    /// Visitors, sessions, events, assignments, contacts.
    pub journeys: Arc<dyn journeys::Journeys>,
    /// What became different, in order.
    pub changes: Arc<dyn changes::Changes>,
    /// How far the receivers of webhooks are.
    pub deliveries: Arc<dyn deliveries::Deliveries>,
    /// What aggregates count.
    pub facts: Arc<dyn facts::Facts>,
    /// Deleting customers.
    pub deletions: Arc<dyn deletions::Deletions>,
}
