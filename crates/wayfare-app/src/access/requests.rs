//! Requests a minute and token. A window begins with a token's first request and ends a minute
//! later, so that `count`, `allowed` and `reset` mean what the original's headers mean.
//!
//! Kept in memory: a restart forgets, and each process of several counts for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;
use wayfare_model::limits::COUNTED_TOKENS_MAX;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;

/// The length of a window.
const WINDOW_MS: i64 = 60_000;

/// Where a token stands in its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Requests so far, this one included.
    pub count: u32,
    /// Requests that are answered.
    pub allowed: u32,
    /// Seconds until the window ends, from 1.
    pub reset_s: u32,
}

impl Counted {
    /// Whether the request may be answered.
    ///
    /// # Errors
    /// [`ProblemKind::TooManyRequests`] with the seconds to wait.
    pub fn require_allowed(self) -> Result<(), Problem> {
        if self.count <= self.allowed {
            return Ok(());
        }
        let seconds = self.reset_s;
        Err(Problem {
            retry_after_s: Some(seconds),
            ..Problem::new(
                ProblemKind::TooManyRequests,
                format!(
                    "rate limit exceeded the maximum; retry the request in [{seconds}] seconds"
                ),
            )
        })
    }
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Moment,
    count: u32,
}

impl Window {
    fn is_over(self, now: Moment) -> bool {
        let age = now.ms_since(self.began);
        // A clock that was set back begins a new one.
        !(0..WINDOW_MS).contains(&age)
    }
}

/// The windows of tokens.
pub(crate) struct Requests {
    /// Requests a minute and token; no limit when absent.
    allowed: Option<u32>,
    windows: Mutex<HashMap<Uuid, Window>>,
}

impl Requests {
    pub(crate) fn new(allowed: Option<u32>) -> Self {
        Self { allowed, windows: Mutex::default() }
    }

    /// Counts a request of a token; nothing when there is no limit.
    pub(crate) fn count(&self, token: Uuid, now: Moment) -> Option<Counted> {
        let allowed = self.allowed?;
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= COUNTED_TOKENS_MAX && !windows.contains_key(&token) {
            windows.retain(|_, window| !window.is_over(now));
            if windows.len() >= COUNTED_TOKENS_MAX {
                windows.clear();
            }
        }
        let window = windows.entry(token).or_insert(Window { began: now, count: 0 });
        if window.is_over(now) {
            *window = Window { began: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        let left_ms = WINDOW_MS - now.ms_since(window.began);
        let reset_s = u32::try_from((left_ms + 999) / 1_000).unwrap_or(1).max(1);
        Some(Counted { count: window.count, allowed, reset_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_ms(5_000_000);
    const TOKEN: Uuid = Uuid::from_u128(1);

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let requests = Requests::new(None);
        assert_eq!(requests.count(TOKEN, NOW), None);
        assert!(requests.windows.lock().unwrap().is_empty());
    }

    #[test]
    fn a_window_lasts_a_minute_from_its_first_request() {
        let requests = Requests::new(Some(2));
        let check = |after_ms, count, reset_s, is_allowed| {
            let counted = requests.count(TOKEN, NOW.plus_ms(after_ms)).unwrap();
            assert_eq!(counted, Counted { count, allowed: 2, reset_s }, "after {after_ms} ms");
            assert_eq!(counted.require_allowed().is_ok(), is_allowed, "after {after_ms} ms");
        };
        check(0, 1, 60, true);
        check(1, 2, 60, true);
        check(59_999, 3, 1, false);
        check(60_000, 1, 60, true);
        check(90_000, 2, 30, true);
        check(100_500, 3, 20, false);
        check(-1, 1, 60, true);
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let requests = Requests::new(Some(1));
        requests.count(TOKEN, NOW);
        let refused = requests.count(TOKEN, NOW.plus_ms(17_000)).unwrap().require_allowed();
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind, ProblemKind::TooManyRequests);
        assert_eq!(refused.retry_after_s, Some(43));
        assert!(refused.message.contains("[43] seconds"), "{}", refused.message);
    }

    #[test]
    fn tokens_are_counted_apart_and_memory_is_bounded() {
        let requests = Requests::new(Some(9));
        for number in 0..COUNTED_TOKENS_MAX as u128 + 10 {
            assert_eq!(requests.count(Uuid::from_u128(number), NOW).unwrap().count, 1);
        }
        assert!(requests.windows.lock().unwrap().len() <= COUNTED_TOKENS_MAX);
    }
}
