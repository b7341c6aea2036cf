//! What can go wrong in a store.

use std::time::Duration;

/// An error of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing under this key.
    #[error("not found")]
    NotFound,
    /// There is something under this key already.
    #[error("already exists")]
    AlreadyExists,
    /// The stored version or revision is not the one the write was made on. Nothing was written.
    #[error("conflict: stored is {stored}, the write was made on {expected}")]
    Conflict {
        /// The version that is stored; 0 when nothing is.
        stored: u64,
        /// The version the write was made on.
        expected: u64,
    },
    /// A query needs more cells than it may; nothing was answered.
    #[error("the answer needs more than {limit} cells")]
    TooManyCells {
        /// The limit.
        limit: usize,
    },
    /// A query counts more different values than it may; nothing was answered.
    #[error("the answer counts more than {limit} different values")]
    TooManyDistinctValues {
        /// The limit.
        limit: usize,
    },
    /// A query took longer than it may; nothing was answered.
    #[error("the query took longer than {} s", .deadline.as_secs_f64())]
    DeadlineExceeded {
        /// The time it may take.
        deadline: Duration,
    },
    /// As many queries are under way as may be.
    #[error("{limit} queries are under way")]
    Busy {
        /// The limit.
        limit: usize,
    },
    /// The store cannot do it now; nothing was written. Trying again later may help.
    #[error("the store is not available: {context}")]
    Unavailable {
        /// What was tried.
        context: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A write failed, and it is not known whether it is durable. The store must be opened anew.
    #[error("a write may or may not have been stored: {context}")]
    Uncertain {
        /// What was tried.
        context: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What is stored cannot be read.
    #[error("stored data is damaged: {context}")]
    Corrupt {
        /// Which row, and what is wrong with it.
        context: String,
    },
}

impl Error {
    /// Whether the store works, and what was asked of it is too much or not there.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        !matches!(self, Self::Unavailable { .. } | Self::Uncertain { .. } | Self::Corrupt { .. })
    }
}

/// A store's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;
