//! The threads that fold.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use wayfare_store::error::Result;

use super::running::Running;
use crate::failure::closed;

/// The threads that fold.
pub(super) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    workers: usize,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    /// Queries with morsels that nobody has taken: each gives one, then it is the next one's turn.
    waiting: VecDeque<Arc<Running>>,
    is_closed: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a morsel; none comes once the pool is closed.
    fn take(&self) -> Option<(Arc<Running>, usize)> {
        let mut queue = self.lock();
        loop {
            if queue.is_closed {
                return None;
            }
            let Some(running) = queue.waiting.pop_front() else {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (morsel, is_last) = running.take();
            if !is_last {
                queue.waiting.push_back(Arc::clone(&running));
            }
            return Some((running, morsel));
        }
    }
}

impl Pool {
    /// Starts the threads.
    pub(super) fn start(workers: usize) -> std::io::Result<Self> {
        let pool = Self { shared: Arc::default(), threads: Mutex::default(), workers };
        for worker in 0..workers {
            let shared = Arc::clone(&pool.shared);
            let thread = Builder::new().name("wayfare-query".to_owned()).spawn(move || {
                while let Some((running, morsel)) = shared.take() {
                    let folded = catch_unwind(AssertUnwindSafe(|| running.fold(worker, morsel)));
                    running.finish(folded.is_ok());
                }
            })?;
            pool.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(pool)
    }

    /// How many threads there are.
    pub(super) const fn workers(&self) -> usize {
        self.workers
    }

    /// Has a query folded.
    pub(super) fn submit(&self, running: Arc<Running>) -> Result<()> {
        let mut queue = self.shared.lock();
        if queue.is_closed {
            return Err(closed());
        }
        queue.waiting.push_back(running);
        self.shared.changed.notify_all();
        Ok(())
    }

    /// Ends the threads, each after the morsel that it has.
    pub(super) fn close(&self) {
        let waiting = {
            let mut queue = self.shared.lock();
            queue.is_closed = true;
            std::mem::take(&mut queue.waiting)
        };
        self.shared.changed.notify_all();
        for running in waiting {
            running.give_up();
        }
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a query thread broke down");
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}
