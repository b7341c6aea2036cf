//! How far commits are durable.
//!
//! The writing thread commits without waiting for the disk, and goes on with the next transaction
//! while another thread syncs the log. Transactions are in the log in their order, so a sync makes
//! all durable that were committed before it began. Whoever wrote is answered after the sync, and so
//! is whoever read what was not durable yet.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;
use wayfare_store::Error;
use wayfare_store::error::Result;

use crate::blocking;

/// How far commits are durable.
pub(crate) struct Durability {
    /// The number of the last commit that others may see.
    committed: AtomicU64,
    /// Of these, the last transaction of the database itself.
    transaction: AtomicU64,
    /// Of these, the last batch that ended what was due.
    ending: AtomicU64,
    synced: watch::Sender<Synced>,
}

/// Commits up to some number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen(u64);

#[derive(Debug, Clone, Copy, Default)]
struct Synced {
    /// The number of the last commit that is durable.
    last: u64,
    /// What came after it may or may not be.
    has_failed: bool,
}

impl Durability {
    pub(crate) fn new() -> Self {
        Self {
            committed: AtomicU64::new(0),
            transaction: AtomicU64::new(0),
            ending: AtomicU64::new(0),
            synced: watch::Sender::default(),
        }
    }

    /// Numbers the commit that is about to be made: from now on others may see it.
    pub(crate) fn begin_commit(&self) -> u64 {
        self.committed.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Says that a commit was a transaction of the database itself, before anybody is told of it.
    pub(crate) fn note_transaction(&self, number: u64) {
        self.transaction.fetch_max(number, Ordering::SeqCst);
    }

    /// Says that a commit is a batch that ends what was due, before anybody sees it.
    pub(crate) fn note_ending(&self, number: u64) {
        self.ending.fetch_max(number, Ordering::SeqCst);
    }

    /// Says that a commit and all before it are durable.
    pub(crate) fn reached(&self, number: u64) {
        self.synced.send_modify(|synced| synced.last = synced.last.max(number));
    }

    /// Says that what is not durable yet may never be.
    pub(crate) fn fail(&self) {
        self.synced.send_modify(|synced| synced.has_failed = true);
    }

    /// Whether what was committed last can become durable no more.
    pub(crate) fn has_failed(&self) -> bool {
        self.synced.borrow().has_failed
    }

    /// The number of the last commit that is durable, as are all before it.
    pub(crate) fn reached_number(&self) -> u64 {
        self.synced.borrow().last
    }

    /// What somebody may have seen who looked at facts in memory: transactions of the database as soon as
    /// they are made, but batches only once they are durable.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when something may never be durable: batches may be among those facts then.
    pub(crate) fn seen_in_facts(&self) -> Result<Seen> {
        if self.has_failed() {
            Err(lost())
        } else {
            Ok(Seen(self.transaction.load(Ordering::SeqCst)))
        }
    }

    /// What a read that is over may have seen.
    fn seen(&self) -> Seen {
        Seen(self.committed.load(Ordering::SeqCst))
    }

    /// Waits until everything is durable that a read that is over may have seen.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when some of it may never be.
    pub(crate) async fn wait(&self) -> Result<()> {
        self.wait_for_seen(self.seen()).await
    }

    /// Waits until that is durable which was seen.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when some of it may never be.
    pub(crate) async fn wait_for_seen(&self, Seen(number): Seen) -> Result<()> {
        self.wait_for(number).await
    }

    /// Waits on a thread that has nothing else to do until a commit is durable, or will never be.
    pub(crate) fn wait_here(&self, number: u64) {
        // Whoever goes on asks whether something failed.
        let _durable = blocking::on_this_thread(self.wait_for(number));
    }

    /// Waits until every transaction of the database itself is durable. A batch was made on what they
    /// did, and lies in another file: it must not be there after a loss of power without them.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when one may never be.
    pub(crate) async fn wait_for_transactions(&self) -> Result<()> {
        self.wait_for(self.transaction.load(Ordering::SeqCst)).await
    }

    /// Waits until every batch is durable that ended what was due.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when one may never be.
    pub(crate) async fn wait_for_endings(&self) -> Result<()> {
        self.wait_for(self.ending.load(Ordering::SeqCst)).await
    }

    async fn wait_for(&self, seen: u64) -> Result<()> {
        if self.synced.borrow().last >= seen {
            return Ok(());
        }
        let mut synced = self.synced.subscribe();
        let reached = synced.wait_for(|synced| synced.last >= seen || synced.has_failed).await;
        match reached {
            Ok(synced) if synced.last >= seen => Ok(()),
            // The sender lives as long as this.
            Ok(_) | Err(_) => Err(lost()),
        }
    }
}

fn lost() -> Error {
    Error::Unavailable {
        context: "an earlier commit failed, so the store must be opened anew".to_owned(),
        source: "it is unknown whether what is read is durable".into(),
    }
}

/// The log of a database, to be synced.
pub(crate) struct Log {
    path: PathBuf,
    file: Option<File>,
}

impl Log {
    /// The log of the database in a file.
    pub(crate) fn of(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Self { path: path.into(), file: None }
    }

    /// Makes durable what was written. The name of the file is SQLite's to sync, which it does when
    /// it begins a log.
    ///
    /// # Errors
    /// When the system says that it may not be durable. It says so once: the next sync of the same
    /// file would succeed without what was lost.
    pub(crate) fn sync(&mut self) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::open(&self.path)?),
        };
        file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    #[tokio::test]
    async fn a_read_waits_for_what_it_has_seen_and_for_nothing_later() {
        let durability = Durability::new();
        let first = durability.begin_commit();
        let seen = durability.seen();
        let later = durability.begin_commit();
        let mut waiting = pin!(durability.wait_for_seen(seen));
        let mut waiting_for_all = pin!(durability.wait());
        let mut context = Context::from_waker(Waker::noop());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert!(waiting_for_all.as_mut().poll(&mut context).is_pending());
        durability.reached(first);
        assert!(waiting.as_mut().poll(&mut context).is_ready());
        assert!(waiting_for_all.as_mut().poll(&mut context).is_pending());
        durability.reached(later);
        assert!(waiting_for_all.as_mut().poll(&mut context).is_ready());
    }

    #[tokio::test]
    async fn whoever_counts_waits_for_batches_that_end_what_was_due_and_for_no_others() {
        let durability = Durability::new();
        let ending = durability.begin_commit();
        durability.note_ending(ending);
        let _other = durability.begin_commit();
        {
            let mut waiting = pin!(durability.wait_for_endings());
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            durability.reached(ending);
            assert!(waiting.as_mut().poll(&mut context).is_ready());
        }
        durability.wait_for_endings().await.unwrap();
        let lost = durability.begin_commit();
        durability.note_ending(lost);
        durability.fail();
        durability.wait_for_endings().await.unwrap_err();
    }

    #[tokio::test]
    async fn a_batch_waits_for_the_transactions_that_it_rests_on_and_for_no_batch() {
        let durability = Durability::new();
        let transaction = durability.begin_commit();
        durability.note_transaction(transaction);
        let _batch = durability.begin_commit();
        {
            let mut waiting = pin!(durability.wait_for_transactions());
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            durability.reached(transaction);
            assert!(waiting.as_mut().poll(&mut context).is_ready());
        }
        durability.wait_for_transactions().await.unwrap();
        durability.fail();
        let lost = durability.begin_commit();
        durability.note_transaction(lost);
        durability.wait_for_transactions().await.unwrap_err();
    }
}
