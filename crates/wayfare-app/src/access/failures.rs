//! Failed attempts to prove who one is: after a few in a row the next has to wait, longer each time.
//! Those of each place that attempts come from are counted apart: whoever fails on purpose makes only
//! those wait who share an address with them.
//!
//! Names and clients that do not exist are treated like those that do. Kept in memory: a restart
//! forgets, and each process of several counts for itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use wayfare_model::limits::{
    FAILURE_WAIT_S_FIRST, FAILURE_WAIT_S_MAX, FAILURES_KEPT_MAX, FAILURES_KEPT_MS, FREE_FAILURES,
};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::time::Moment;

/// Whose failures: a hash, so that long names take no more room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Whose([u8; 32]);

impl Whose {
    /// The one called `name` among those of `scope`, as tried from an address.
    pub(crate) fn of(scope: &[u8], name: &str, address: Option<&str>) -> Self {
        let place = address.map(place_of).unwrap_or_default();
        let hash = Sha256::new()
            .chain_update(Sha256::digest(scope))
            .chain_update(Sha256::digest(place))
            .chain_update(name);
        Self(hash.finalize().into())
    }
}

/// Where an address is, as far as one can choose it: of IPv6 everybody has a network of 64 bits to choose
/// from.
fn place_of(address: &str) -> String {
    match address.parse().map(|address: IpAddr| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).to_string()
        }
        Ok(IpAddr::V4(address)) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    failures: u32,
    last: Moment,
}

impl Row {
    /// Seconds to wait after the last failure.
    fn wait_s(self) -> u32 {
        let Some(doublings) = self.failures.checked_sub(FREE_FAILURES) else { return 0 };
        let wait = u64::from(FAILURE_WAIT_S_FIRST) << doublings.min(20);
        u32::try_from(wait).map_or(FAILURE_WAIT_S_MAX, |wait| wait.min(FAILURE_WAIT_S_MAX))
    }

    fn is_forgotten(self, now: Moment) -> bool {
        now.ms_since(self.last) >= FAILURES_KEPT_MS
    }
}

/// Failures in a row.
#[derive(Default)]
pub(crate) struct Failures(Mutex<HashMap<Whose, Row>>);

impl Failures {
    fn rows(&self) -> MutexGuard<'_, HashMap<Whose, Row>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an attempt may be made now.
    ///
    /// # Errors
    /// [`ProblemKind::TooManyRequests`] with the seconds to wait. Such an attempt is not counted.
    pub(crate) fn may_try(&self, whose: Whose, now: Moment) -> Result<(), Problem> {
        let Some(row) = self.rows().get(&whose).copied() else { return Ok(()) };
        let until = row.last.plus_ms(i64::from(row.wait_s()) * 1_000);
        let left_ms = until.ms_since(now);
        if row.is_forgotten(now) || left_ms <= 0 {
            return Ok(());
        }
        let seconds = u32::try_from((left_ms + 999) / 1_000).unwrap_or(FAILURE_WAIT_S_MAX);
        Err(Problem {
            retry_after_s: Some(seconds),
            ..Problem::new(
                ProblemKind::TooManyRequests,
                format!("too many failed attempts; try again in {seconds} seconds"),
            )
        })
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, whose: Whose, now: Moment) {
        let mut rows = self.rows();
        if rows.len() >= FAILURES_KEPT_MAX && !rows.contains_key(&whose) {
            make_room(&mut rows, now);
        }
        let row = rows.entry(whose).or_insert(Row { failures: 0, last: now });
        let before = if row.is_forgotten(now) { 0 } else { row.failures };
        *row = Row { failures: before.saturating_add(1), last: now };
    }

    /// Forgets the failures.
    pub(crate) fn succeeded(&self, whose: Whose) {
        self.rows().remove(&whose);
    }
}

/// Forgets what is old; when that is not enough, the oldest quarter.
fn make_room(rows: &mut HashMap<Whose, Row>, now: Moment) {
    rows.retain(|_, row| !row.is_forgotten(now));
    if rows.len() < FAILURES_KEPT_MAX {
        return;
    }
    let mut moments: Vec<Moment> = rows.values().map(|row| row.last).collect();
    let quarter = moments.len() / 4;
    let (_, limit, _) = moments.select_nth_unstable(quarter);
    let limit = *limit;
    let mut to_go = quarter + 1;
    rows.retain(|_, row| {
        let goes = row.last <= limit && to_go > 0;
        to_go -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_ms(1_000_000);

    fn fail(failures: &Failures, whose: Whose, times: u32, now: Moment) {
        for _ in 0..times {
            failures.failed(whose, now);
        }
    }

    fn wait(failures: &Failures, whose: Whose, now: Moment) -> Option<u32> {
        failures.may_try(whose, now).err().map(|problem| {
            assert_eq!(problem.kind, ProblemKind::TooManyRequests);
            problem.retry_after_s.unwrap()
        })
    }

    #[test]
    fn the_wait_begins_after_five_failures_and_doubles_to_a_quarter_of_an_hour() {
        let check = |times, expected| {
            let failures = Failures::default();
            let whose = Whose::of(b"o", "ann@example.com", None);
            fail(&failures, whose, times, NOW);
            assert_eq!(wait(&failures, whose, NOW), expected, "after {times}");
        };
        check(0, None);
        check(4, None);
        check(5, Some(1));
        check(6, Some(2));
        check(7, Some(4));
        check(10, Some(32));
        check(14, Some(512));
        check(15, Some(900));
        check(16, Some(900));
        check(1_000, Some(900));
    }

    #[test]
    fn the_wait_passes_and_the_next_failure_waits_longer() {
        let (failures, whose) = (Failures::default(), Whose::of(b"o", "ann", None));
        fail(&failures, whose, 7, NOW);
        assert_eq!(wait(&failures, whose, NOW.plus_ms(1)), Some(4));
        assert_eq!(wait(&failures, whose, NOW.plus_ms(3_001)), Some(1));
        assert_eq!(wait(&failures, whose, NOW.plus_ms(4_000)), None);
        fail(&failures, whose, 1, NOW.plus_ms(4_000));
        assert_eq!(wait(&failures, whose, NOW.plus_ms(4_000)), Some(8));
    }

    #[test]
    fn success_and_an_hour_of_peace_forget() {
        let (failures, whose) = (Failures::default(), Whose::of(b"o", "ann", None));
        fail(&failures, whose, 5, NOW);
        failures.succeeded(whose);
        fail(&failures, whose, 4, NOW);
        assert_eq!(wait(&failures, whose, NOW), None);
        fail(&failures, whose, 20, NOW);
        let later = NOW.plus_ms(FAILURES_KEPT_MS);
        fail(&failures, whose, 4, later);
        assert_eq!(wait(&failures, whose, later), None);
        fail(&failures, whose, 1, later);
        assert_eq!(wait(&failures, whose, later), Some(1));
    }

    #[test]
    fn one_does_not_wait_for_another() {
        let failures = Failures::default();
        fail(&failures, Whose::of(b"o", "ann", None), 9, NOW);
        for other in [
            Whose::of(b"o", "bob", None),
            Whose::of(b"p", "ann", None),
            Whose::of(b"oa", "nn", None),
        ] {
            assert_eq!(wait(&failures, other, NOW), None);
        }
    }

    #[test]
    fn places_are_counted_apart_and_a_network_of_ipv6_is_one() {
        let from = |address: &str| Whose::of(b"o", "ann", Some(address));
        let check = |one: &str, other: &str, expected| {
            let failures = Failures::default();
            fail(&failures, from(one), 9, NOW);
            assert_eq!(wait(&failures, from(other), NOW).is_some(), expected, "{one} {other}");
        };
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.8", false);
        check("192.0.2.7", "::ffff:192.0.2.7", true);
        check("2001:db8::1", "2001:db8::ffff:0:0:2", true);
        check("2001:db8::1", "2001:db8:0:1::1", false);
        check("2001:db8::1", "192.0.2.7", false);
    }

    #[test]
    fn memory_is_bounded_and_the_latest_stay() {
        let failures = Failures::default();
        for number in 0..FAILURES_KEPT_MAX * 2 {
            let now = NOW.plus_ms(i64::try_from(number).unwrap());
            fail(&failures, Whose::of(b"o", &number.to_string(), None), 5, now);
        }
        assert!(failures.rows().len() <= FAILURES_KEPT_MAX);
        let last = FAILURES_KEPT_MAX * 2 - 1;
        let now = NOW.plus_ms(i64::try_from(last).unwrap());
        assert_eq!(wait(&failures, Whose::of(b"o", &last.to_string(), None), now), Some(1));
    }

    #[test]
    fn memory_is_bounded_when_all_fail_at_one_moment() {
        let failures = Failures::default();
        for number in 0..FAILURES_KEPT_MAX * 2 {
            fail(&failures, Whose::of(b"o", &number.to_string(), None), 1, NOW);
        }
        assert!(failures.rows().len() <= FAILURES_KEPT_MAX);
    }
}
