//! Who waits in a queue, and since when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who waits for something, be it that nobody has begun with it or that it is not finished.
#[derive(Debug, Default)]
pub struct Waiting(Mutex<Places>);

#[derive(Debug, Default)]
struct Places {
    next: u64,
    since: BTreeMap<u64, Instant>,
}

/// A place in a queue; it is left when this is dropped.
#[derive(Debug)]
pub struct Place {
    queue: Arc<Waiting>,
    number: u64,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the last place.
    #[must_use]
    pub fn enter(self: &Arc<Self>, now: Instant) -> Place {
        let mut places = self.lock();
        let number = places.next;
        places.next += 1;
        places.since.insert(number, now);
        drop(places);
        Place { queue: Arc::clone(self), number }
    }

    /// How many wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.lock().since.len()
    }

    /// How long the first of them has waited; no time when nobody does.
    #[must_use]
    pub fn oldest(&self, now: Instant) -> Duration {
        let places = self.lock();
        let first = places.since.first_key_value().map(|(_, since)| *since);
        first.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.lock().since.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_is_that_of_the_first_who_is_still_there() {
        let queue = Arc::new(Waiting::default());
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!((queue.depth(), queue.oldest(after(9))), (0, Duration::ZERO));
        let first = queue.enter(after(0));
        let second = queue.enter(after(3));
        assert_eq!((queue.depth(), queue.oldest(after(9))), (2, Duration::from_secs(9)));
        drop(first);
        assert_eq!((queue.depth(), queue.oldest(after(9))), (1, Duration::from_secs(6)));
        drop(second);
        assert_eq!((queue.depth(), queue.oldest(after(9))), (0, Duration::ZERO));
    }
}
