//! Running back-tests, one after the other: every customer's stored events go through the engine
//! again, under the draft alone. One that was running when the server went down runs again from its
//! beginning.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc;
use uuid::Uuid;
use wayfare_engine::journey::replay::Replay;
use wayfare_engine::segments::Rules;
use wayfare_engine::sessions::Settings as SessionSettings;
use wayfare_model::assignment::Assignment;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{IdSource, OrganisationId, SegmentId};
use wayfare_model::limits::{BACKTEST_EXAMPLES_MAX, BACKTESTS_MAX, BACKTESTS_UNFINISHED_MAX};
use wayfare_model::metrics::{Place, Waiting};
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;
use wayfare_store::{Error as StoreError, Stores};

use super::backtest::{
    BacktestBucket, BacktestExample, BacktestOverlap, BacktestProgress, BacktestResult,
    BacktestState, Job, Kept,
};
use crate::access::organisations::Organisations;
use crate::clock::Clock;
use crate::error::Result;
use crate::history;
use crate::metrics::Queue;
use crate::tasks::piece;

/// Visitors read at once.
const PAGE: usize = 500;

/// The back-tests that are not finished, and how far they are.
type Unfinished = Arc<Mutex<BTreeMap<Uuid, (BacktestProgress, Place)>>>;

/// The door to the runner.
pub(crate) struct Backtests {
    queue: mpsc::UnboundedSender<Job>,
    unfinished: Unfinished,
    waiting: Arc<Waiting>,
}

impl Backtests {
    /// Has a back-test run.
    pub(crate) fn enqueue(&self, job: Job) {
        let entry = (BacktestProgress::default(), self.waiting.enter(Instant::now()));
        lock(&self.unfinished).insert(job.kept.backtest.id, entry);
        // Without a runner the server is stopping; the back-test runs when it is up again.
        let _ = self.queue.send(job);
    }

    /// How far an unfinished back-test is.
    pub(crate) fn progress(&self, id: Uuid) -> Option<BacktestProgress> {
        lock(&self.unfinished).get(&id).map(|(progress, _)| *progress)
    }

    /// Stops a back-test before it looks at the next customer.
    pub(crate) fn cancel(&self, id: Uuid) {
        lock(&self.unfinished).remove(&id);
    }

    /// How many are unfinished, and for how long.
    pub(crate) fn queue(&self, now: Instant) -> Queue {
        Queue {
            name: "backtests",
            depth: self.waiting.depth(),
            capacity: Some(BACKTESTS_UNFINISHED_MAX),
            oldest_s: self.waiting.oldest(now).as_secs_f64(),
        }
    }

    pub(crate) fn unfinished(&self) -> usize {
        lock(&self.unfinished).len()
    }
}

fn lock(unfinished: &Unfinished) -> MutexGuard<'_, BTreeMap<Uuid, (BacktestProgress, Place)>> {
    unfinished.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The task that runs back-tests. It ends when the app is dropped, and leaves the one that runs then,
/// and those that wait, to the next start.
pub(crate) struct BacktestRunner {
    stores: Stores,
    clock: Arc<dyn Clock>,
    organisations: Arc<Organisations>,
    sessions: SessionSettings,
    queue: mpsc::UnboundedReceiver<Job>,
    waiting: VecDeque<Job>,
    unfinished: Unfinished,
    /// Counts deletions of customers whose rows are gone.
    erased: Arc<AtomicU64>,
    places: Arc<Waiting>,
}

impl BacktestRunner {
    pub(crate) fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        organisations: Arc<Organisations>,
        sessions: SessionSettings,
        erased: Arc<AtomicU64>,
    ) -> (Backtests, Self) {
        let (sender, queue) = mpsc::unbounded_channel();
        let unfinished = Unfinished::default();
        let places = Arc::<Waiting>::default();
        let door =
            Backtests { queue: sender, unfinished: unfinished.clone(), waiting: places.clone() };
        let waiting = VecDeque::new();
        let runner = Self {
            stores,
            clock,
            organisations,
            sessions,
            queue,
            waiting,
            unfinished,
            erased,
            places,
        };
        (door, runner)
    }

    /// Finds the back-tests that the last run of the server left unfinished, the oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn recover(&mut self) -> Result<()> {
        let mut left = Vec::new();
        for organisation in self.organisations.all() {
            let documents = &self.stores.documents;
            let (kind, limit) = (Kind::Backtest, BACKTESTS_MAX);
            for document in documents.list(organisation.id, kind, None, limit).await? {
                let kept = Kept::from_document(&document)?;
                if kept.backtest.state == BacktestState::Running {
                    left.push((organisation.id, kept));
                }
            }
        }
        left.sort_by_key(|(_, kept)| (kept.submitted, kept.backtest.id));
        for (organisation, kept) in left {
            let unrunnable = kept.clone();
            match Job::new(organisation, kept) {
                Ok(job) => {
                    let id = job.kept.backtest.id;
                    let entry = (BacktestProgress::default(), self.places.enter(Instant::now()));
                    lock(&self.unfinished).insert(id, entry);
                    self.waiting.push_back(job);
                }
                // What was valid when it was taken is not any more.
                Err(error) => self.end(organisation, unrunnable, 1, Err(error)).await?,
            }
        }
        Ok(())
    }

    pub(crate) async fn run(mut self) {
        loop {
            let job = match self.waiting.pop_front() {
                Some(job) => job,
                None => match self.queue.recv().await {
                    Some(job) => job,
                    None => return,
                },
            };
            let id = job.kept.backtest.id;
            if let Err(error) = self.run_one(&job).await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, backtest = %id, "a back-test was not written down");
            }
            lock(&self.unfinished).remove(&id);
        }
    }

    async fn run_one(&self, job: &Job) -> Result<()> {
        let mut version = 1;
        loop {
            let before = self.erased.load(Ordering::SeqCst);
            let looked = piece(self.look(job)).await;
            // Examples may name a customer who was deleted meanwhile: then it looks again.
            let is_stale = || self.erased.load(Ordering::SeqCst) != before;
            let result = match looked {
                Ok(None) => return Ok(()),
                Ok(Some(_)) if is_stale() => continue,
                Ok(Some(result)) => Ok(result),
                Err(error) => Err(error),
            };
            self.end(job.organisation, job.kept.clone(), version, result).await?;
            if !is_stale() {
                return Ok(());
            }
            version += 1;
        }
    }

    /// Writes down what came of a back-test, whose document has this version.
    async fn end(
        &self,
        organisation: OrganisationId,
        mut kept: Kept,
        version: u32,
        result: Result<BacktestResult>,
    ) -> Result<()> {
        let backtest = &mut kept.backtest;
        match result {
            Ok(result) => {
                backtest.state = BacktestState::Fulfilled;
                backtest.result = Some(result);
            }
            Err(error) => {
                let error = error.into_problem();
                tracing::warn!(backtest = %backtest.id, reason = %error.message, "a back-test failed");
                backtest.state = BacktestState::Failed;
                backtest.reason = Some(error.message);
            }
        }
        let found = lock(&self.unfinished).get(&backtest.id).map(|(progress, _)| *progress);
        backtest.progress = found.unwrap_or_default();
        backtest.completed_date = Some(self.clock.now().to_string());
        let document = kept.to_document(version + 1)?;
        match self.stores.documents.replace(organisation, Kind::Backtest, version, document).await {
            // It was deleted meanwhile.
            Err(StoreError::NotFound | StoreError::Conflict { .. }) => Ok(()),
            replaced => Ok(replaced?),
        }
    }

    /// Looks at all customers; gives nothing when nobody wants the result any more.
    async fn look(&self, job: &Job) -> Result<Option<BacktestResult>> {
        let served = self.organisations.get(job.organisation).ok_or(StoreError::NotFound)?;
        let rules = Rules::compile([&job.segment]).map_err(|error| StoreError::Corrupt {
            context: format!("a draft's conditions: {error}"),
        })?;
        let now = self.clock.now();
        let mut tally = Tally::new(job, served.ids, self.sessions, rules, now);
        let mut total = 0;
        let mut after = None;
        while let Some(page) = self.page(job, &mut after).await? {
            total += page.len() as u64;
        }
        self.progress(job, |progress| progress.customers_total = total);
        after = None;
        while let Some(page) = self.page(job, &mut after).await? {
            for visitor in &page {
                if self.is_unwanted(job) {
                    return Ok(None);
                }
                self.customer(job, visitor, &mut tally).await?;
                self.progress(job, |progress| progress.customers += 1);
            }
        }
        Ok((!self.is_unwanted(job)).then(|| tally.finish()))
    }

    fn progress(&self, job: &Job, change: impl FnOnce(&mut BacktestProgress)) {
        if let Some((progress, _)) = lock(&self.unfinished).get_mut(&job.kept.backtest.id) {
            change(progress);
        }
    }

    fn is_unwanted(&self, job: &Job) -> bool {
        self.queue.is_closed() || !lock(&self.unfinished).contains_key(&job.kept.backtest.id)
    }

    /// The next visitors; none behind the last, or when nobody wants the result any more.
    async fn page(
        &self,
        job: &Job,
        after: &mut Option<CustomerKey>,
    ) -> Result<Option<Vec<Visitor>>> {
        if self.is_unwanted(job) {
            return Ok(None);
        }
        let journeys = &self.stores.journeys;
        let page = journeys.visitors(job.organisation, after.as_ref(), PAGE).await?;
        *after = page.last().map(|last| last.customer.clone());
        Ok((!page.is_empty()).then_some(page))
    }

    async fn customer(&self, job: &Job, visitor: &Visitor, tally: &mut Tally<'_>) -> Result<()> {
        if visitor.last_seen < tally.start || visitor.first_seen >= tally.end {
            return Ok(());
        }
        let (organisation, customer) = (job.organisation, Some(&visitor.customer));
        let mut sessions =
            history::sessions(&self.stores, organisation, visitor.contact, customer).await?;
        sessions.retain(|session| {
            session.started < tally.end && session.last_event.created >= tally.start
        });
        let mut history = history::of(&self.stores, organisation, sessions).await?;
        if history.is_cut {
            tally.result.customers_skipped += 1;
            return Ok(());
        }
        history.events.retain(|applied| (tally.start..tally.end).contains(&applied.event.created));
        tally.customer(&history);
        Ok(())
    }
}

/// What has been counted.
struct Tally<'a> {
    ids: IdSource,
    settings: SessionSettings,
    rules: Rules,
    edges: &'a [Moment],
    start: Moment,
    end: Moment,
    /// What time has decided by then is decided.
    until: Moment,
    overlap: BTreeMap<SegmentId, u64>,
    result: BacktestResult,
}

impl<'a> Tally<'a> {
    fn new(
        job: &'a Job,
        ids: IdSource,
        settings: SessionSettings,
        rules: Rules,
        now: Moment,
    ) -> Self {
        let (start, end) = match (job.edges.first(), job.edges.last()) {
            (Some(start), Some(end)) => (*start, *end),
            _ => (now, now),
        };
        let bucket = |edges: &[Moment]| BacktestBucket {
            interval: format!("{}/{}", edges[0], edges[1]),
            ..BacktestBucket::default()
        };
        Self {
            ids,
            settings,
            rules,
            edges: &job.edges,
            start,
            end,
            until: end.min(now),
            overlap: BTreeMap::new(),
            result: BacktestResult {
                buckets: job.edges.windows(2).map(bucket).collect(),
                ..BacktestResult::default()
            },
        }
    }

    /// Replays one customer's events, and counts what would have been assigned.
    fn customer(&mut self, history: &history::History) {
        self.result.events += history.events.len() as u64;
        let mut replay = Replay::new(self.ids, self.settings, &history.sessions);
        for applied in &history.events {
            replay.event(&self.rules, applied);
        }
        replay.settle(&self.rules, self.until);
        let made: Vec<&Assignment> =
            replay.assignments().filter(|made| self.bucket(made.assigned).is_some()).collect();
        if made.is_empty() {
            return;
        }
        self.result.customers += 1;
        let mut buckets = BTreeSet::new();
        for made in made {
            self.result.sessions += 1;
            if let Some(bucket) = self.bucket(made.assigned) {
                self.result.buckets[bucket].sessions += 1;
                buckets.insert(bucket);
            }
            let of = |session: &&Session| {
                made.session.as_ref().is_some_and(|made| made.id == session.id)
            };
            if let Some(session) = history.sessions.iter().find(of) {
                self.session(session, made);
            }
        }
        for bucket in buckets {
            self.result.buckets[bucket].customers += 1;
        }
    }

    fn session(&mut self, session: &Session, made: &Assignment) {
        let others: BTreeSet<SegmentId> =
            session.segments.iter().map(|other| other.segment).collect();
        for other in others {
            *self.overlap.entry(other).or_default() += 1;
        }
        if self.result.examples.len() < BACKTEST_EXAMPLES_MAX {
            self.result.examples.push(BacktestExample {
                session_id: session.id.to_string(),
                customer_id: session.customer.id.clone(),
                customer_id_type: session.customer.id_type.clone(),
                date_assigned: made.assigned.to_string(),
            });
        }
    }

    /// The bucket of a moment. What is decided at the very end, by the end of a session, belongs to
    /// the last one.
    fn bucket(&self, moment: Moment) -> Option<usize> {
        let place = self.edges.partition_point(|edge| *edge <= moment);
        (0 < place && place < self.edges.len()).then(|| place - 1)
    }

    fn finish(self) -> BacktestResult {
        let mut overlap: Vec<BacktestOverlap> = self
            .overlap
            .into_iter()
            .map(|(segment, sessions)| BacktestOverlap {
                segment_id: segment.to_string(),
                sessions,
            })
            .collect();
        overlap.sort_by_key(|other| std::cmp::Reverse(other.sessions));
        BacktestResult { overlap, ..self.result }
    }
}
