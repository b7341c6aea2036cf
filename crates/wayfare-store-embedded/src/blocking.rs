//! Work that blocks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

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

/// Waits for something on a thread that has no runtime.
pub(crate) fn on_this_thread<T>(waited_for: impl Future<Output = T>) -> T {
    let mut waited_for = pin!(waited_for);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match waited_for.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
