//! Who keeps what was read from a change log, and that they let go of what is removed from it.
//!
//! A change that names a deleted customer must not be told to anybody any more, nor stay in memory. Whoever
//! keeps changes beyond the moment registers here, looks into the log again whenever something was
//! removed from it, and says so; the deletion waits for that.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

/// All who keep changes of one log.
pub(crate) struct Holders {
    /// How often something was removed.
    removals: watch::Sender<u64>,
    /// By their numbers: up to which removal they have looked.
    looked: Mutex<Looked>,
    has_looked: Notify,
}

#[derive(Default)]
struct Looked {
    last: u64,
    up_to: BTreeMap<u64, u64>,
}

/// Somebody who keeps changes, until this is dropped.
pub(crate) struct Holding {
    holders: Arc<Holders>,
    number: u64,
    removals: watch::Receiver<u64>,
}

impl Default for Holders {
    fn default() -> Self {
        Self {
            removals: watch::Sender::new(0),
            looked: Mutex::default(),
            has_looked: Notify::new(),
        }
    }
}

impl Holders {
    /// Registers somebody who is about to read.
    pub(crate) fn register(self: &Arc<Self>) -> Holding {
        let mut looked = self.lock();
        looked.last += 1;
        let number = looked.last;
        // What was removed before cannot be read any more.
        let removals = self.removals.subscribe();
        looked.up_to.insert(number, *removals.borrow());
        Holding { holders: Arc::clone(self), number, removals }
    }

    /// Tells all that something was removed, and waits until none of them keeps it.
    pub(crate) async fn forget(&self) {
        let removal = {
            // Nobody registers meanwhile, and takes this one for an earlier one.
            let _looked = self.lock();
            self.removals.send_modify(|removals| *removals += 1);
            *self.removals.borrow()
        };
        loop {
            let has_looked = self.has_looked.notified();
            tokio::pin!(has_looked);
            // From here on nobody is missed.
            has_looked.as_mut().enable();
            if self.lock().up_to.values().all(|looked| *looked >= removal) {
                return;
            }
            has_looked.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Looked> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Holding {
    /// Comes when something was removed at which this one has not looked.
    pub(crate) async fn removed(&mut self) {
        // The sender lives as long as this.
        drop(self.removals.changed().await);
    }

    /// Up to which removal it has to look; nothing when it has looked at all.
    pub(crate) fn removal(&mut self) -> Option<u64> {
        let removal = *self.removals.borrow_and_update();
        let looked = self.holders.lock().up_to.get(&self.number).copied();
        looked.is_some_and(|looked| looked < removal).then_some(removal)
    }

    /// Says that nothing is kept any more that was removed up to a removal.
    pub(crate) fn has_looked(&self, removal: u64) {
        self.holders.lock().up_to.insert(self.number, removal);
        self.holders.has_looked.notify_waiters();
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.holders.lock().up_to.remove(&self.number);
        self.holders.has_looked.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;

    /// Whether something is not done when it is looked at once.
    async fn waits(mut future: Pin<&mut impl Future>) -> bool {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending()))
            .await
    }

    #[tokio::test]
    async fn who_removes_waits_for_all_who_were_there() {
        let holders = Arc::<Holders>::default();
        let (mut one, other) = (holders.register(), holders.register());
        assert_eq!(one.removal(), None);
        let mut forget = Box::pin(holders.forget());
        assert!(waits(forget.as_mut()).await);
        one.removed().await;
        let removal = one.removal().expect("something was removed");
        one.has_looked(removal);
        assert!(waits(forget.as_mut()).await);
        // Who comes later reads what is left.
        let mut late = holders.register();
        assert_eq!(late.removal(), None);
        drop(other);
        forget.await;
        assert_eq!(one.removal(), None);
    }

    #[tokio::test]
    async fn one_look_is_enough_for_all_removals_before_it() {
        let holders = Arc::<Holders>::default();
        let mut one = holders.register();
        let mut forgets = [Box::pin(holders.forget()), Box::pin(holders.forget())];
        for forget in &mut forgets {
            assert!(waits(forget.as_mut()).await);
        }
        let removal = one.removal().expect("something was removed");
        one.has_looked(removal);
        for forget in forgets {
            forget.await;
        }
    }
}
