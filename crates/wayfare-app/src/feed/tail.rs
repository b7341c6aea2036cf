//! The end of an organisation's change log: who waits is told that there is more, and what one has
//! read the others need not read again.

use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore, watch};
use wayfare_model::change_log::ChangePage;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{CHANGE_LOG_PAGE_MAX, FEEDS_MAX};
use wayfare_store::changes::Changes;
use wayfare_store::error::Result;

use super::holders::Holders;

/// The end of a change log.
///
/// Whoever writes only counts up a number: nobody who reads can make it wait.
pub(crate) struct ChangeTail {
    version: watch::Sender<u64>,
    kept: Mutex<Option<Arc<Read>>>,
    /// Who keeps more than this one page.
    pub(crate) holders: Arc<Holders>,
    /// One permit per feed that may be open.
    pub(crate) places: Arc<Semaphore>,
}

/// A page of the log, and what it answers.
pub(crate) struct Read {
    /// The changes after this number.
    after: u64,
    /// As of this version, or later.
    version: u64,
    /// Whether there are more behind them.
    pub(crate) is_full: bool,
    /// What was read.
    pub(crate) page: ChangePage,
}

impl Default for ChangeTail {
    fn default() -> Self {
        Self {
            version: watch::Sender::new(0),
            kept: Mutex::default(),
            holders: Arc::default(),
            places: Arc::new(Semaphore::new(FEEDS_MAX)),
        }
    }
}

impl ChangeTail {
    /// How many feeds are open.
    pub(crate) fn feeds(&self) -> usize {
        FEEDS_MAX.saturating_sub(self.places.available_permits())
    }

    /// Tells that changes were committed.
    pub(crate) fn tell(&self) {
        self.version.send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Waits for changes.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// What comes after a place, up to what `version` told of at least. It may begin earlier.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn read(
        &self,
        changes: &dyn Changes,
        organisation: OrganisationId,
        after: u64,
        version: u64,
    ) -> Result<Arc<Read>> {
        // Held while the store is asked: those who wait for the same page find it.
        let mut kept = self.kept.lock().await;
        if let Some(read) = kept.as_ref().filter(|read| read.answers(after, version)) {
            return Ok(Arc::clone(read));
        }
        let known = *self.version.borrow();
        let page = changes.changes(organisation, after, CHANGE_LOG_PAGE_MAX).await?;
        let is_full = page.changes.len() >= CHANGE_LOG_PAGE_MAX;
        let read = Arc::new(Read { after, version: known, is_full, page });
        // Those who are far behind read by themselves.
        if !is_full {
            *kept = Some(Arc::clone(&read));
        }
        Ok(read)
    }

    /// Forgets what was read, since something was removed from the log, and waits until all who keep
    /// changes have let go of that.
    pub(crate) async fn forget(&self) {
        *self.kept.lock().await = None;
        self.holders.forget().await;
    }
}

impl Read {
    fn answers(&self, after: u64, version: u64) -> bool {
        self.after <= after && after <= self.page.span.last && version <= self.version
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_model::change_log::ChangeSpan;

    #[test]
    fn a_page_answers_what_it_covers_as_of_its_version() {
        let span = ChangeSpan { last: 9, trimmed: 0 };
        let page = ChangePage { changes: Vec::new(), span };
        let read = Read { after: 4, version: 7, is_full: false, page };
        let check = |after, version, expected| {
            assert_eq!(read.answers(after, version), expected, "after {after}, version {version}");
        };
        check(4, 7, true);
        check(9, 6, true);
        check(3, 7, false);
        check(10, 7, false);
        check(4, 8, false);
    }
}
