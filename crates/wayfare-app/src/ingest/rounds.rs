//! When what is due is ended, and who waits for it.
//!
//! What is due at one moment is ended in a round, a bounded part at a time; between the parts,
//! requests are worked on. So nobody's events wait for the end of all that an import left behind.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::DUE_BATCH_MAX;
use wayfare_model::problem::Problem;
use wayfare_model::time::Moment;

use crate::error::{Error, Result};

/// After replayed events the timer lets sessions rest so long, since more of them will come.
const REPLAY_REST: Duration = Duration::from_secs(2);
/// However long an import goes on, what it leaves due does not rest longer: it would be too much to
/// be ended while somebody waits.
const REPLAY_REST_MAX: Duration = Duration::from_secs(10);
/// After the timer ended what was due, more will be due at once while many visitors come and go: it ends
/// that of a while together. Whoever reads does not wait for it.
const TIMER_REST: Duration = Duration::from_millis(250);
/// The timer looks at the clock at least so often: the clock may be set.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// What is ended at least between two batches of requests: some ten milliseconds' worth.
const PART_MIN: usize = 100;

/// Who waits until what is due of an organisation has ended.
type Waiter = (OrganisationId, oneshot::Sender<Result<()>>);

/// The round that goes on, who waits, and how long the timer rests.
#[derive(Default)]
pub(super) struct Rounds {
    round: Option<Round>,
    /// Who came since it began: to them, more may be due.
    waiting: Vec<Waiter>,
    rests_until: Option<Instant>,
    /// Since when replayed events have kept the timer from ending what is due.
    resting_since: Option<Instant>,
}

struct Round {
    /// What is due then is ended. It stands still, or a round would never be over while visitors
    /// come and go.
    now: Moment,
    waiters: Vec<Waiter>,
    /// The organisations of which it is not known what is due, and why.
    failed: HashMap<OrganisationId, Problem>,
}

impl Rounds {
    /// Somebody waits from now on until what is due has ended.
    pub(super) fn wait(
        &mut self,
        organisation: OrganisationId,
        reply: oneshot::Sender<Result<()>>,
    ) {
        self.waiting.push((organisation, reply));
    }

    /// Whether a round goes on or is waited for.
    pub(super) fn is_wanted(&self) -> bool {
        self.round.is_some() || !self.waiting.is_empty()
    }

    /// How much the next part may end after a batch of `commands`. While nobody waits for the end,
    /// it is as much as the batch, so that the next requests wait little and an import is kept up
    /// with.
    pub(super) fn part_max(&self, commands: usize) -> usize {
        let is_waited_for = !self.waiting.is_empty()
            || self.round.as_ref().is_some_and(|round| !round.waiters.is_empty());
        if is_waited_for { DUE_BATCH_MAX } else { part_beside(commands) }
    }

    /// The moment of the round, which begins at `now` if none goes on.
    pub(super) fn moment(&mut self, now: Moment) -> Moment {
        let waiting = &mut self.waiting;
        let begin = || Round { now, waiters: std::mem::take(waiting), failed: HashMap::new() };
        self.round.get_or_insert_with(begin).now
    }

    /// Notes that it is not known what is due of an organisation: its readers are told so, and the
    /// others' are not kept waiting.
    pub(super) fn fail(&mut self, organisation: OrganisationId, problem: Problem) {
        if let Some(round) = &mut self.round {
            round.failed.insert(organisation, problem);
        }
    }

    /// Whether that was noted in this round.
    pub(super) fn has_failed(&self, organisation: OrganisationId) -> bool {
        self.round.as_ref().is_some_and(|round| round.failed.contains_key(&organisation))
    }

    /// Ends the round: nothing is left that was due, or it failed.
    pub(super) fn end(&mut self, outcome: std::result::Result<(), Problem>, at: Instant) {
        // When it failed, the store will not answer at once what it could not do now.
        let rest = if outcome.is_ok() { TIMER_REST } else { REPLAY_REST };
        self.rests_until = Some(at + rest);
        self.resting_since = None;
        let Some(round) = self.round.take() else { return };
        for (organisation, waiter) in round.waiters {
            let failed = round.failed.get(&organisation).cloned().map_or(Ok(()), Err);
            // Whoever asked may have gone away.
            drop(waiter.send(outcome.clone().and(failed).map_err(Error::from)));
        }
    }

    /// Lets what is due rest, since replayed events came.
    pub(super) fn rest(&mut self, at: Instant) {
        let since = *self.resting_since.get_or_insert(at);
        self.rests_until = Some((at + REPLAY_REST).min(since + REPLAY_REST_MAX));
    }

    /// How long to wait for requests before the next part, when the next is due at `next_due`.
    pub(super) fn sleep(&self, next_due: Option<Moment>, now: Moment, at: Instant) -> Duration {
        if self.is_wanted() {
            return Duration::ZERO;
        }
        let Some(due) = next_due else { return SLEEP_MAX };
        let ms = due.ms_since(now).max(0);
        let rest =
            self.rests_until.map_or(Duration::ZERO, |until| until.saturating_duration_since(at));
        Duration::from_millis(ms.unsigned_abs()).max(rest).min(SLEEP_MAX)
    }
}

/// How much of something that goes on for long is done after a batch of `commands`: as much as the batch,
/// so that the next requests wait little.
pub(super) fn part_beside(commands: usize) -> usize {
    if commands == 0 { DUE_BATCH_MAX } else { commands.clamp(PART_MIN, DUE_BATCH_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_model::problem::ProblemKind;

    const HERE: OrganisationId = OrganisationId::from_uuid(uuid::Uuid::from_u128(1));
    const THERE: OrganisationId = OrganisationId::from_uuid(uuid::Uuid::from_u128(2));
    const NOW: Moment = Moment::from_ms(1_795_000_000_000);

    #[test]
    fn who_comes_during_a_round_waits_for_the_next() {
        let (mut rounds, at) = (Rounds::default(), Instant::now());
        let (first, mut first_told) = oneshot::channel();
        let (second, mut second_told) = oneshot::channel();
        assert_eq!([0, 1, 700].map(|commands| rounds.part_max(commands)), [2_000, 100, 700]);
        rounds.wait(HERE, first);
        assert_eq!(rounds.part_max(1), DUE_BATCH_MAX);
        assert_eq!(rounds.moment(NOW), NOW);
        rounds.wait(HERE, second);
        // The moment of a round stands still.
        assert_eq!(rounds.moment(NOW.plus_ms(5)), NOW);
        rounds.end(Ok(()), at);
        assert!(first_told.try_recv().unwrap().is_ok());
        assert!(second_told.try_recv().is_err());
        assert_eq!(rounds.sleep(None, NOW, at), Duration::ZERO);
        assert_eq!(rounds.moment(NOW.plus_ms(6)), NOW.plus_ms(6));
        rounds.end(Ok(()), at);
        assert!(second_told.try_recv().unwrap().is_ok());
        assert!(!rounds.is_wanted());
    }

    #[test]
    fn what_fails_for_one_organisation_is_told_to_its_readers_only() {
        let (mut rounds, at) = (Rounds::default(), Instant::now());
        let [(here, mut here_told), (there, mut there_told)] =
            std::array::from_fn(|_| oneshot::channel());
        rounds.wait(HERE, here);
        rounds.wait(THERE, there);
        rounds.moment(NOW);
        rounds.fail(HERE, Problem::new(ProblemKind::Internal, "damaged"));
        assert_eq!([HERE, THERE].map(|of| rounds.has_failed(of)), [true, false]);
        rounds.end(Ok(()), at);
        assert!(here_told.try_recv().unwrap().is_err());
        assert!(there_told.try_recv().unwrap().is_ok());
        assert!(!rounds.has_failed(HERE));
    }

    #[test]
    fn an_import_that_goes_on_lets_what_is_due_rest_for_a_while_only() {
        let mut rounds = Rounds::default();
        let begun = Instant::now();
        let slept: Vec<u64> = (0..13)
            .map(|second| {
                let at = begun + Duration::from_secs(second);
                rounds.rest(at);
                rounds.sleep(Some(NOW), NOW, at).as_secs()
            })
            .collect();
        assert_eq!(slept, [2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 0, 0, 0]);
        // Once nothing is due any more, it may rest again.
        let at = begun + Duration::from_secs(13);
        rounds.moment(NOW);
        rounds.end(Ok(()), at);
        rounds.rest(at);
        assert_eq!(rounds.sleep(Some(NOW), NOW, at), REPLAY_REST);
    }
}
