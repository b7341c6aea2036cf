//! When to stop: SIGTERM, or Ctrl-C.

use std::pin::pin;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens to whoever asks the process to stop. From then on the process does not end by itself.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    is_asked: bool,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    /// When signals cannot be listened for.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            is_asked: false,
        })
    }

    /// Whether somebody asked, as far as [`Signals::asked`] or [`Signals::during`] saw.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_asked
    }

    /// Comes back when somebody asks the process to stop, each time anew.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        self.is_asked = true;
    }

    /// Does some work to its end, and notes whether somebody asks to stop meanwhile. Whoever asks
    /// twice does not want to wait: the work is given up, and there is no result.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            let was_asked = self.is_asked;
            tokio::select! {
                biased;
                () = self.asked() => {
                    if was_asked {
                        return None;
                    }
                }
                result = &mut work => return Some(result),
            }
        }
    }
}
