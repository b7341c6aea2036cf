//! Why a fold ends early.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::aggregates::cells::TooManyCells;

/// Asked now and then, some thousand times a second, whether to go on.
pub trait Cancel: Sync {
    /// Whether nobody wants the answer any more, or it has taken too long.
    fn is_cancelled(&self) -> bool;
}

impl Cancel for AtomicBool {
    fn is_cancelled(&self) -> bool {
        self.load(Ordering::Relaxed)
    }
}

/// Goes on to the end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Cancel for Never {
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A fold has ended early and is of no use any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The answer would hold more than it may.
    #[error(transparent)]
    TooManyCells(#[from] TooManyCells),
    /// [`Cancel::is_cancelled`] said so.
    #[error("the query was cancelled")]
    Cancelled,
}
