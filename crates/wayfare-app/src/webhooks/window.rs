//! What of a change log is delivered to one receiver, and what waits: decided here, without doing it.
//!
//! Changes come in the order of the log. Those of one customer go one after the other; those of
//! different customers side by side. A change that cannot be delivered waits for its next attempt and
//! holds back the later ones of its customer; the others go on until [`WEBHOOK_WINDOW_MAX`] changes
//! wait, and then the log waits. When several attempts in a row failed, whatever they were about, the
//! receiver is taken to be down: one attempt at a time is made then, after longer and longer pauses.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wayfare_model::change_log::LoggedChange;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_model::limits::{
    WEBHOOK_BACKOFF_MS_FIRST, WEBHOOK_BACKOFF_MS_MAX, WEBHOOK_FAILURES_UNTIL_DOWN,
    WEBHOOK_GIVE_UP_MS, WEBHOOK_REQUESTS_MAX, WEBHOOK_WINDOW_MAX,
};
use wayfare_model::time::Moment;

/// How far the delivery to a receiver is, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// What the webhook was told to begin with: another one begins anew.
    pub(crate) generation: u32,
    /// Every change up to this number was delivered, given up, or is not wanted, but for those that
    /// wait.
    pub(crate) read: u64,
    /// Changes up to there that wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) waiting: Vec<StoredWait>,
    /// How the receiver is.
    #[serde(default)]
    pub(crate) health: Health,
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredWait {
    pub(crate) sequence: u64,
    #[serde(default)]
    pub(crate) attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) first: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<i64>,
}

/// How the receiver is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Health {
    /// Attempts that failed since one succeeded.
    #[serde(default)]
    pub(crate) failures: u32,
    /// Since when, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failing_since: Option<i64>,
    /// Until when nothing is tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rests_until: Option<i64>,
    /// When a delivery succeeded last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) succeeded: Option<i64>,
    /// What went wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last_error: Option<String>,
}

/// Whose turn it is: changes with the same lane keep their order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Customer(CustomerKey),
    Contact(uuid::Uuid),
}

#[derive(Debug)]
struct Wait {
    logged: LoggedChange,
    attempts: u32,
    first: Option<Moment>,
    next: Option<Moment>,
    is_under_way: bool,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    /// The receiver took it.
    Delivered,
    /// It did not; `wait_ms` is what it asked for, and `error` what went wrong.
    Failed { wait_ms: Option<i64>, error: String },
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Nothing: it is done.
    Done,
    /// Another attempt, not before then.
    Again(Moment),
    /// It was tried for as long as is promised; the later ones go on.
    GivenUp,
    /// Nothing at all was delivered for as long as is promised.
    Dead,
}

/// What waits for one receiver.
#[derive(Debug)]
pub(crate) struct Window {
    generation: u32,
    read: u64,
    waiting: BTreeMap<u64, Wait>,
    pub(crate) health: Health,
    under_way: usize,
}

impl Window {
    /// A window that begins after a place.
    pub(crate) fn begin(generation: u32, after: u64) -> Self {
        let health = Health::default();
        Self { generation, read: after, waiting: BTreeMap::new(), health, under_way: 0 }
    }

    /// The window as it was stored; `find` gives a change, if it is still in the log.
    pub(crate) fn restore(stored: Stored, mut found: BTreeMap<u64, LoggedChange>) -> Self {
        let wait = |stored: StoredWait| {
            let logged = found.remove(&stored.sequence)?;
            let wait = Wait {
                logged,
                attempts: stored.attempts,
                first: stored.first.map(Moment::from_ms),
                next: stored.next.map(Moment::from_ms),
                is_under_way: false,
            };
            Some((stored.sequence, wait))
        };
        Self {
            generation: stored.generation,
            read: stored.read,
            waiting: stored.waiting.into_iter().filter_map(wait).collect(),
            health: stored.health,
            under_way: 0,
        }
    }

    /// What is to be stored.
    pub(crate) fn to_stored(&self) -> Stored {
        let wait = |(sequence, wait): (&u64, &Wait)| StoredWait {
            sequence: *sequence,
            attempts: wait.attempts,
            first: wait.first.map(Moment::as_ms),
            next: wait.next.map(Moment::as_ms),
        };
        Stored {
            generation: self.generation,
            read: self.read,
            waiting: self.waiting.iter().map(wait).collect(),
            health: self.health.clone(),
        }
    }

    /// What it was told to begin with.
    pub(crate) const fn generation(&self) -> u32 {
        self.generation
    }

    /// Up to which place the log has been read.
    pub(crate) const fn read(&self) -> u64 {
        self.read
    }

    /// How many changes wait, those under way included, and when the first of them was written down.
    pub(crate) fn waits(&self) -> (usize, Option<Moment>) {
        let first = self.waiting.first_key_value();
        (self.waiting.len(), first.map(|(_, wait)| wait.logged.change.recorded))
    }

    /// Goes on reading after another place; what waits stays.
    pub(crate) fn go_to(&mut self, place: u64) {
        self.read = place;
    }

    /// Whether more may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < WEBHOOK_WINDOW_MAX
    }

    /// Takes in what was read up to a place, in order.
    pub(crate) fn take_in(&mut self, wanted: impl IntoIterator<Item = LoggedChange>, read: u64) {
        for logged in wanted {
            let (first, next) = (None, None);
            let wait = Wait { attempts: 0, first, next, is_under_way: false, logged };
            self.waiting.insert(wait.logged.sequence, wait);
        }
        self.read = self.read.max(read);
    }

    /// What waits, under way or not.
    pub(crate) fn sequences(&self) -> Vec<u64> {
        self.waiting.keys().copied().collect()
    }

    /// Whether a change waits, under way or not.
    pub(crate) fn holds(&self, sequence: u64) -> bool {
        self.waiting.contains_key(&sequence)
    }

    /// Lets go of a change; whether it was under way, so that nobody may finish it any more.
    pub(crate) fn remove(&mut self, sequence: u64) -> bool {
        let was_under_way = self.waiting.remove(&sequence).is_some_and(|wait| wait.is_under_way);
        self.under_way = self.under_way.saturating_sub(usize::from(was_under_way));
        was_under_way
    }

    /// The next change to try at `now`, which is under way from then on, and the number of this
    /// attempt, from 1.
    pub(crate) fn start_next(&mut self, now: Moment) -> Option<(LoggedChange, u32)> {
        if self.under_way >= self.at_once() || self.rest().is_some_and(|until| until > now) {
            return None;
        }
        let mut lanes = BTreeSet::new();
        let mut best: Option<(u32, u64)> = None;
        for (sequence, wait) in &self.waiting {
            let is_first = lanes.insert(lane(&wait.logged));
            let is_due = wait.next.is_none_or(|next| next <= now);
            if is_first && is_due && !wait.is_under_way {
                let place = (wait.attempts, *sequence);
                // What has failed least goes first, so that one bad change does not keep a receiver
                // that is well again from being found out.
                best = Some(best.map_or(place, |best| best.min(place)));
            }
        }
        let (_, sequence) = best?;
        let wait = self.waiting.get_mut(&sequence)?;
        wait.is_under_way = true;
        wait.first.get_or_insert(now);
        self.under_way += 1;
        Some((wait.logged.clone(), wait.attempts.saturating_add(1)))
    }

    /// When the next attempt can be made, if it is time that it waits for.
    pub(crate) fn next_attempt(&self) -> Option<Moment> {
        if self.under_way >= self.at_once() {
            return None;
        }
        let mut lanes = BTreeSet::new();
        let first = |(_, wait): &(&u64, &Wait)| lanes.insert(lane(&wait.logged));
        let waiting = self.waiting.iter().filter(first);
        let next = waiting
            .filter(|(_, wait)| !wait.is_under_way)
            .map(|(_, wait)| wait.next.unwrap_or(Moment::from_ms(i64::MIN)))
            .min()?;
        Some(self.rest().map_or(next, |until| until.max(next)))
    }

    /// Writes down what came of an attempt at `now`. `random` is from 0 to 1.
    pub(crate) fn finish(
        &mut self,
        sequence: u64,
        came: Came,
        now: Moment,
        random: f64,
    ) -> Follows {
        self.under_way = self.under_way.saturating_sub(1);
        let Some(wait) = self.waiting.get_mut(&sequence) else { return Follows::Done };
        wait.is_under_way = false;
        let (wait_ms, error) = match came {
            Came::Delivered => {
                self.waiting.remove(&sequence);
                self.health = Health { succeeded: Some(now.as_ms()), ..Health::default() };
                return Follows::Done;
            }
            Came::Failed { wait_ms, error } => (wait_ms, error),
        };
        wait.attempts = wait.attempts.saturating_add(1);
        let since = *self.health.failing_since.get_or_insert(now.as_ms());
        self.health.last_error = Some(error);
        self.health.failures = self.health.failures.saturating_add(1);
        let asked = wait_ms.unwrap_or(0).clamp(0, WEBHOOK_GIVE_UP_MS);
        let next = now.plus_ms(backoff_ms(wait.attempts, random).max(asked));
        wait.next = Some(next);
        let age = wait.first.map_or(0, |first| now.ms_since(first));
        if self.health.failures >= WEBHOOK_FAILURES_UNTIL_DOWN {
            let more = self.health.failures - WEBHOOK_FAILURES_UNTIL_DOWN;
            let rest = backoff_ms(more.saturating_add(1), random).max(asked);
            self.health.rests_until = Some(now.plus_ms(rest).as_ms());
        }
        if now.ms_since(Moment::from_ms(since)) >= WEBHOOK_GIVE_UP_MS {
            return Follows::Dead;
        }
        if age >= WEBHOOK_GIVE_UP_MS {
            self.waiting.remove(&sequence);
            return Follows::GivenUp;
        }
        Follows::Again(next)
    }

    /// Begins anew to count failures: somebody says that the receiver is there again.
    pub(crate) fn forgive(&mut self) {
        self.health.failures = 0;
        self.health.failing_since = None;
        self.health.rests_until = None;
        for wait in self.waiting.values_mut() {
            (wait.first, wait.next, wait.attempts) = (None, None, 0);
        }
    }

    fn is_down(&self) -> bool {
        self.health.failures >= WEBHOOK_FAILURES_UNTIL_DOWN
    }

    fn at_once(&self) -> usize {
        if self.is_down() { 1 } else { WEBHOOK_REQUESTS_MAX }
    }

    fn rest(&self) -> Option<Moment> {
        self.health.rests_until.map(Moment::from_ms)
    }
}

fn lane(logged: &LoggedChange) -> Lane {
    match &logged.change.customer {
        Some(customer) => Lane::Customer(customer.clone()),
        None => Lane::Contact(ContactId::as_uuid(logged.change.contact)),
    }
}

/// Milliseconds until an attempt after so many that failed: twice as long each time, up to a limit, and
/// by chance between half of that and all of it, so that not all come back at once.
fn backoff_ms(attempts: u32, random: f64) -> i64 {
    let doublings = attempts.saturating_sub(1).min(30);
    let whole = WEBHOOK_BACKOFF_MS_FIRST.saturating_mul(1_i64 << doublings);
    let whole = whole.min(WEBHOOK_BACKOFF_MS_MAX);
    let half = whole / 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "an hour in milliseconds is exact"
    )]
    let share = (half as f64 * random.clamp(0.0, 1.0)) as i64;
    half + share
}

#[cfg(test)]
mod tests;
