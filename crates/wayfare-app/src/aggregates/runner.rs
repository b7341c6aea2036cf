//! Running aggregates jobs, one after the other.
//!
//! What a job is and how far it is lies in its document, and every step is written under the version
//! it was made on: a job that was cancelled meanwhile takes no further step. A job that was running
//! when the server went down runs again from its beginning.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc};
use uuid::Uuid;
use wayfare_engine::aggregates::{Answer, Limits, validate_within};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::AGGREGATE_JOBS_UNFINISHED_MAX;
use wayfare_model::metrics::{Place, Waiting};
use wayfare_store::documents::Kind;
use wayfare_store::{Error as StoreError, Stores};

use super::document::{self, AggregateJob, Progress};
use super::pages::{every_job, remove_pages, store_pages};
use crate::access::organisations::Organisations;
use crate::clock::Clock;
use crate::error::Result;
use crate::metrics::Queue;
use crate::tasks::piece;

/// How often what has expired is removed.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);

/// A job by its organisation and id.
type Key = (OrganisationId, Uuid);
/// A job that is to run, and its place among those that wait.
type Queued = (Key, Place);

/// The door to the runner.
pub(crate) struct AggregateJobs {
    /// Held while a job is counted among those that are kept: several that come at once find each
    /// other.
    pub(super) admission: tokio::sync::Mutex<()>,
    queue: mpsc::UnboundedSender<Queued>,
    running: Arc<Running>,
    unfinished: Arc<Waiting>,
}

/// The job that runs, and how it is told to stop. Each run has a notice of its own: one that comes
/// when its run has just ended must not stop the next.
#[derive(Default)]
struct Running(Mutex<Option<(Uuid, Arc<Notify>)>>);

impl Running {
    fn set(&self, job: Option<(Uuid, Arc<Notify>)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = job;
    }

    fn stop(&self, job: Uuid) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, stop)) = running.as_ref().filter(|(running, _)| *running == job) {
            stop.notify_one();
        }
    }
}

impl AggregateJobs {
    /// Has a job run. The queue is as long as there are unfinished jobs, which are limited.
    pub(crate) fn enqueue(&self, organisation: OrganisationId, job: Uuid) {
        // Without a runner the server is stopping; the job runs when it is up again.
        let _ = self.queue.send(((organisation, job), self.unfinished.enter(Instant::now())));
    }

    /// How many jobs are unfinished, and for how long.
    pub(crate) fn queue(&self, now: Instant) -> Queue {
        Queue {
            name: "aggregates_jobs",
            depth: self.unfinished.depth(),
            capacity: Some(AGGREGATE_JOBS_UNFINISHED_MAX),
            oldest_s: self.unfinished.oldest(now).as_secs_f64(),
        }
    }

    /// Stops a job if it runs. Its document says already that it is cancelled.
    pub(crate) fn cancel(&self, job: Uuid) {
        self.running.stop(job);
    }
}

/// The task that runs jobs. It ends when the app is dropped, and leaves the job that runs then to
/// the next start.
pub(crate) struct JobRunner {
    stores: Stores,
    clock: Arc<dyn Clock>,
    organisations: Arc<Organisations>,
    queue: mpsc::UnboundedReceiver<Queued>,
    waiting: VecDeque<Queued>,
    running: Arc<Running>,
    /// Counts deletions of customers whose facts are gone.
    erased: Arc<AtomicU64>,
    unfinished: Arc<Waiting>,
}

impl JobRunner {
    pub(crate) fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        organisations: Arc<Organisations>,
        erased: Arc<AtomicU64>,
    ) -> (AggregateJobs, Self) {
        let (sender, queue) = mpsc::unbounded_channel();
        let running = Arc::<Running>::default();
        let unfinished = Arc::<Waiting>::default();
        let jobs = AggregateJobs {
            admission: tokio::sync::Mutex::default(),
            queue: sender,
            running: running.clone(),
            unfinished: unfinished.clone(),
        };
        let waiting = VecDeque::new();
        let runner =
            Self { stores, clock, organisations, queue, waiting, running, erased, unfinished };
        (jobs, runner)
    }

    /// Finds the jobs that the last run of the server left unfinished, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn recover(&mut self) -> Result<()> {
        let mut unfinished = Vec::new();
        for organisation in self.organisations.all() {
            for document in every_job(&self.stores, organisation.id).await? {
                let job = document::from_document(&document)?;
                if job.is_unfinished() {
                    unfinished.push((job.submitted, (organisation.id, job.id)));
                }
            }
        }
        unfinished.sort_unstable_by_key(|(submitted, (_, id))| (*submitted, *id));
        let queued = |(_, key)| (key, self.unfinished.enter(Instant::now()));
        self.waiting.extend(unfinished.into_iter().map(queued));
        Ok(())
    }

    pub(crate) async fn run(mut self) {
        let mut sweeps = Sweeps::new(Instant::now());
        loop {
            self.sweep(&mut sweeps).await;
            let (next, place) = match self.waiting.pop_front() {
                Some(next) => next,
                None => match self.next(&mut sweeps).await {
                    Some(next) => next,
                    None => return,
                },
            };
            let ended = self.run_one(next).await;
            drop(place);
            match ended {
                Ok(Ended::Stepped) => {}
                Ok(Ended::Stopping) => return,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, job = %next.1, "an aggregates job was not run");
                }
            }
        }
    }

    /// Waits for a job. Sweeps now and then.
    async fn next(&mut self, sweeps: &mut Sweeps) -> Option<Queued> {
        loop {
            tokio::select! {
                next = self.queue.recv() => return next,
                () = tokio::time::sleep(sweeps.due_in(Instant::now())) => self.sweep(sweeps).await,
            }
        }
    }

    /// Removes what has expired, results among it, if it is time to.
    async fn sweep(&self, sweeps: &mut Sweeps) {
        let now = Instant::now();
        if !sweeps.due_in(now).is_zero() {
            return;
        }
        sweeps.last = now;
        if let Err(error) = self.stores.documents.sweep_expired(self.clock.now()).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "what has expired was not swept");
        }
    }

    /// Runs a job that waits, unless it was cancelled or deleted meanwhile.
    async fn run_one(&mut self, (organisation, id): Key) -> Result<Ended> {
        let kind = Kind::AggregateJob;
        let Some(found) = self.stores.documents.fetch(organisation, kind, id).await? else {
            return Ok(Ended::Stepped);
        };
        let queued = document::from_document(&found)?;
        if !queued.is_unfinished() {
            return Ok(Ended::Stepped);
        }
        let stop = Arc::new(Notify::new());
        self.running.set(Some((id, stop.clone())));
        let ended = self.run_queued(organisation, &queued, &stop).await;
        self.running.set(None);
        ended
    }

    async fn run_queued(
        &mut self,
        organisation: OrganisationId,
        queued: &AggregateJob,
        stop: &Notify,
    ) -> Result<Ended> {
        let running = queued.stepped(Progress::Running, None);
        if !self.step(organisation, queued, &running).await? {
            return Ok(Ended::Stepped);
        }
        let (stores, organisations) = (self.stores.clone(), self.organisations.clone());
        let erased = self.erased.clone();
        let clock = self.clock.clone();
        let answering = Answering {
            stores: &stores,
            organisations: &organisations,
            clock: &*clock,
            erased: &erased,
            stop,
        };
        let answered = piece(answering.answer(organisation, &running));
        tokio::pin!(answered);
        let progress = loop {
            tokio::select! {
                answered = &mut answered => break match answered {
                    Ok(Some(pages)) => Progress::Fulfilled { pages },
                    Ok(None) => return Ok(Ended::Stepped),
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            job = %running.id,
                            "an aggregates job failed"
                        );
                        Progress::Failed { reason: error.into_problem().message }
                    }
                },
                next = self.queue.recv() => match next {
                    Some(next) => self.waiting.push_back(next),
                    None => return Ok(Ended::Stopping),
                },
            }
        };
        let ended = running.stepped(progress, Some(self.clock.now()));
        if !self.step(organisation, &running, &ended).await?
            && let Some(served) = self.organisations.get(organisation)
        {
            // Nobody will ask for the results, and they may name a customer who was deleted.
            remove_pages(&self.stores, &served, running.id).await?;
        }
        Ok(Ended::Stepped)
    }

    /// Writes a step down. Whether the job stood where the step was made from.
    async fn step(
        &self,
        organisation: OrganisationId,
        from: &AggregateJob,
        to: &AggregateJob,
    ) -> Result<bool> {
        let stored = document::to_document(to)?;
        let documents = &self.stores.documents;
        match documents.replace(organisation, Kind::AggregateJob, from.version, stored).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. } | StoreError::NotFound) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// How the running of a job ended.
enum Ended {
    /// With a step, of it or of somebody else.
    Stepped,
    /// Without one: the server is stopping.
    Stopping,
}

/// When what has expired was removed last, however many jobs came since.
struct Sweeps {
    last: Instant,
}

impl Sweeps {
    const fn new(now: Instant) -> Self {
        Self { last: now }
    }

    fn due_in(&self, now: Instant) -> Duration {
        SWEEP_EVERY.saturating_sub(now.saturating_duration_since(self.last))
    }
}

/// What answering a job takes.
struct Answering<'a> {
    stores: &'a Stores,
    organisations: &'a Organisations,
    clock: &'a dyn Clock,
    erased: &'a AtomicU64,
    /// Told when the job was cancelled.
    stop: &'a Notify,
}

impl Answering<'_> {
    /// Answers a job's query and stores the pages. Gives their number; nothing when the job was
    /// cancelled before there were any. Pages that are being stored are stored to the end: whoever
    /// breaks that off knows neither which of them are there nor which will be.
    async fn answer(
        &self,
        organisation: OrganisationId,
        job: &AggregateJob,
    ) -> Result<Option<u32>> {
        let (stores, erased) = (self.stores, self.erased);
        let served = self.organisations.get(organisation).ok_or(StoreError::NotFound)?;
        let plan = validate_within(&job.query, Limits::JOB)?;
        loop {
            let before = erased.load(Ordering::SeqCst);
            let cells = tokio::select! {
                cells = stores.facts.run(organisation, &plan) => cells?,
                () = self.stop.notified() => return Ok(None),
            };
            let answer = Answer::new(&plan, &job.query, cells);
            let pages = document::to_pages(&served.ids, job, &answer, self.clock.now());
            let number = u32::try_from(pages.len()).unwrap_or(u32::MAX);
            if erased.load(Ordering::SeqCst) != before {
                continue;
            }
            // An earlier run may have stored some before the server went down.
            remove_pages(stores, &served, job.id).await?;
            store_pages(stores, organisation, pages).await?;
            // Of facts from before a customer was deleted, nothing may stay: neither when the deletion
            // came before the pages were stored, nor when it came since.
            if erased.load(Ordering::SeqCst) == before {
                return Ok(Some(number));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a run that has this notice would stop now.
    async fn is_told(stop: &Notify) -> bool {
        tokio::time::timeout(Duration::ZERO, stop.notified()).await.is_ok()
    }

    #[test]
    fn what_has_expired_is_removed_however_many_jobs_come() {
        let begun = Instant::now();
        let mut sweeps = Sweeps::new(begun);
        let half = SWEEP_EVERY / 2;
        assert_eq!(sweeps.due_in(begun + half), half);
        // A job came and went; the time that passed before it counts.
        assert_eq!(sweeps.due_in(begun + SWEEP_EVERY), Duration::ZERO);
        sweeps.last = begun + SWEEP_EVERY;
        assert_eq!(sweeps.due_in(begun + SWEEP_EVERY), SWEEP_EVERY);
    }

    #[tokio::test]
    async fn a_cancellation_reaches_the_run_it_is_meant_for_and_no_later_one() {
        let running = Running::default();
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let stop_first = Arc::new(Notify::new());
        running.set(Some((first, stop_first.clone())));
        running.stop(second);
        assert!(!is_told(&stop_first).await);
        running.stop(first);

        // The first run had just ended by itself, so that nobody took the notice.
        let stop_second = Arc::new(Notify::new());
        running.set(Some((second, stop_second.clone())));
        assert!(!is_told(&stop_second).await);
        assert!(is_told(&stop_first).await);
        running.stop(first);
        assert!(!is_told(&stop_second).await);
        running.stop(second);
        assert!(is_told(&stop_second).await);
    }
}
