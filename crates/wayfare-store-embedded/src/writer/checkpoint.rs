//! Carrying the log over to the database, beside the writing.
//!
//! A thread with a connection of its own carries over most of a long log while the writer goes on;
//! the writer then carries over the little that was added meanwhile, after which the log begins
//! anew. Nobody who writes waits for the bulk of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::connection::CHECKPOINT_PAGES;

/// When the log is carried over.
pub(super) struct Checkpoints {
    /// Pages in the log.
    pages: Arc<AtomicI32>,
    /// Most of the log is carried over.
    is_mostly_done: Arc<AtomicBool>,
    /// Asks for the bulk of it.
    wanted: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Checkpoints {
    /// Starts the thread, and takes the carrying over from SQLite.
    pub(super) fn start(connection: &mut Connection, path: &Path) -> std::io::Result<Self> {
        let pages = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&pages);
        // Takes the place of SQLite's own, which would carry over within a commit.
        let hooked = connection.wal_hook(Some(move |_: &mut Wal, in_log| {
            counted.store(in_log, Ordering::Relaxed);
            Ok(())
        }));
        hooked.map_err(std::io::Error::other)?;
        let own = Connection::open(path).map_err(std::io::Error::other)?;
        let is_mostly_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_mostly_done);
        let (wanted, asked) = sync_channel(1);
        let thread = Builder::new()
            .name("wayfare-checkpoint".to_owned())
            .spawn(move || carry_over_when_asked(&own, &asked, &done))?;
        Ok(Self { pages, is_mostly_done, wanted, thread })
    }

    /// Does what the length of the log asks for.
    pub(super) fn after_commit(&self, connection: &Connection) {
        if self.is_mostly_done.swap(false, Ordering::AcqRel) {
            carry_over(connection);
            return;
        }
        if self.pages.load(Ordering::Relaxed) >= CHECKPOINT_PAGES {
            // When it is full, it was asked for already.
            let _asked = self.wanted.try_send(());
        }
    }

    /// Ends the thread, after what it is at.
    pub(super) fn stop(self) {
        drop(self.wanted);
        if self.thread.join().is_err() {
            tracing::error!("the thread that carries the log over broke down");
        }
    }
}

fn carry_over_when_asked(own: &Connection, asked: &Receiver<()>, done: &AtomicBool) {
    while asked.recv().is_ok() {
        carry_over(own);
        done.store(true, Ordering::Release);
        // What was asked for meanwhile is what the writer does now.
        let _asked_again = asked.try_recv();
    }
}

/// Carries over what can be without making anybody wait.
fn carry_over(connection: &Connection) {
    let carried = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(()));
    if let Err(error) = carried {
        // Nothing is lost: the log goes on growing, and the next time may succeed.
        tracing::warn!(%error, "the log could not be carried over");
    }
}
