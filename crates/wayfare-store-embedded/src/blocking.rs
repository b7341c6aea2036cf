//! Work that blocks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::runtime::{Handle, RuntimeFlavor};

/// The work panicked, or the runtime ended before it began.
#[derive(Debug, thiserror::Error)]
#[error("the work was broken off")]
pub(crate) struct BrokenOff;

/// Runs what blocks for a few milliseconds at most, without a change of threads: every batch of events
/// comes through here several times, one after the other, and waiting for another thread to begin
/// takes as long as the work itself.
///
/// On a runtime of one thread, which would stand still meanwhile, another thread does it.
pub(crate) async fn briefly<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BrokenOff> {
    let has_others = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if has_others {
        // Whoever asked goes on after a panic, as it does when another thread panics.
        let run = || catch_unwind(AssertUnwindSafe(work));
        return tokio::task::block_in_place(run).map_err(|_| BrokenOff);
    }
    tokio::task::spawn_blocking(work).await.map_err(|_| BrokenOff)
}
