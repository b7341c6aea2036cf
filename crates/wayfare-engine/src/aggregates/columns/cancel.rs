//! Being told to end early.

use std::sync::atomic::{AtomicBool, Ordering};

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
