//! A query that is being folded.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use wayfare_engine::aggregates::columns::{Block, Cancel, ColumnFold, Prepared};
use wayfare_engine::aggregates::{MetricKind, Stop, metric_kind};
use wayfare_model::cells::Cells;
use wayfare_model::query::{Plan, TimeDimension};
use wayfare_store::Error;
use wayfare_store::error::Result;

use crate::facts::live::Snapshot;
use crate::facts::places::wanted;
use crate::facts::shelf::{Dead, ShelfFile};
use crate::facts::ship::impossible;
use crate::failure::closed;

/// Rows of a morsel: some tenths of a millisecond of a simple query.
const MORSEL_ROWS: usize = 1 << 17;

/// Rows of a bucket that is not shared among workers: joining what they found would cost more.
const BUCKET_ROWS_MAX: usize = 4 * MORSEL_ROWS;
/// The same when different values are counted, since those that two workers have found must be told
/// apart, if each worker gets so many such buckets.
const BUCKET_OF_SETS_ROWS_MAX: usize = 8 * MORSEL_ROWS;
const BUCKETS_OF_SETS_MIN: usize = 4;

/// When a query ends without an answer.
pub(super) struct Limit {
    is_given_up: AtomicBool,
    began: Instant,
    /// How long the query waited for a worker.
    waited: OnceLock<Duration>,
    deadline: Duration,
}

impl Limit {
    pub(super) fn new(deadline: Duration) -> Self {
        Self {
            is_given_up: AtomicBool::new(false),
            began: Instant::now(),
            waited: OnceLock::new(),
            deadline,
        }
    }

    /// How long ago the query was asked.
    pub(super) fn since_asked(&self) -> Duration {
        self.began.elapsed()
    }

    /// How long it waited for a worker, if one began with it.
    pub(super) fn waited(&self) -> Option<Duration> {
        self.waited.get().copied()
    }

    /// A worker begins.
    fn note_begun(&self) {
        // Only the first counts.
        let _ = self.waited.set(self.began.elapsed());
    }

    /// Nobody wants the answer any more.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    fn is_too_late(&self) -> bool {
        self.began.elapsed() > self.deadline
    }
}

impl Cancel for Limit {
    fn is_cancelled(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed) || self.is_too_late()
    }
}

/// Where a block of the snapshot is.
#[derive(Debug, Clone, Copy)]
enum BlockPlace {
    File { file: usize, block: usize },
    Tail(usize),
}

/// Some rows of a block.
#[derive(Debug, Clone)]
struct Morsel {
    /// Which of [`Running::blocks`].
    block: usize,
    rows: Range<usize>,
}

/// What a query needs to know of a block: made by the first worker that comes to it.
struct Ready {
    prepared: Prepared,
    dead: Arc<Dead>,
}

struct BlockState {
    place: BlockPlace,
    ready: Mutex<Option<Arc<Ready>>>,
}

/// A query that is being folded.
pub(super) struct Running {
    plan: Plan,
    snapshot: Snapshot,
    limit: Arc<Limit>,
    blocks: Vec<BlockState>,
    morsels: Vec<Morsel>,
    bucket_rows_max: usize,
    taken: AtomicUsize,
    finished: AtomicUsize,
    /// By worker.
    folds: Vec<Mutex<Option<ColumnFold>>>,
    failure: Mutex<Option<Error>>,
    answer: Mutex<Option<oneshot::Sender<Result<Cells>>>>,
}

/// Whether a plan counts different values.
fn has_sets(plan: &Plan) -> bool {
    let targets = plan.metrics.iter().chain(plan.views.iter().map(|view| &view.target));
    targets.copied().any(|target| matches!(metric_kind(target), MetricKind::Distinct(_)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    pub(super) fn new(
        plan: Plan,
        snapshot: Snapshot,
        workers: usize,
        limit: Arc<Limit>,
        answer: oneshot::Sender<Result<Cells>>,
    ) -> Result<Self> {
        let mut running = Self {
            plan,
            snapshot,
            limit,
            blocks: Vec::new(),
            morsels: Vec::new(),
            bucket_rows_max: BUCKET_ROWS_MAX,
            taken: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            folds: (0..workers).map(|_| Mutex::default()).collect(),
            failure: Mutex::default(),
            answer: Mutex::new(Some(answer)),
        };
        running.cut()?;
        Ok(running)
    }

    /// Cuts the facts that may lie in the interval into morsels: at least one, so that there is an
    /// answer.
    fn cut(&mut self) -> Result<()> {
        let mut blocks = Vec::new();
        for (file, live) in self.snapshot.files.iter().enumerate() {
            if !self.touches(live.file.entry()) || self.lacks(&live.file) {
                continue;
            }
            let facts = live.file.facts()?;
            let places = (0..facts.blocks()).map(|block| BlockPlace::File { file, block });
            blocks.extend(places.zip((0..).map(|block| facts.block_rows(block))));
        }
        for (index, chunk) in self.snapshot.tail.iter().enumerate() {
            blocks.push((BlockPlace::Tail(index), chunk.ids().len()));
        }
        if has_sets(&self.plan) {
            let rows = blocks.iter().map(|(_, rows)| rows).sum::<usize>();
            let share = rows / (BUCKETS_OF_SETS_MIN * self.folds.len().max(1));
            self.bucket_rows_max = share.clamp(BUCKET_ROWS_MAX, BUCKET_OF_SETS_ROWS_MAX);
        }
        for (block, (place, rows)) in blocks.into_iter().enumerate() {
            self.blocks.push(BlockState { place, ready: Mutex::default() });
            let starts = (0..rows).step_by(MORSEL_ROWS);
            let ranges = starts.map(|start| start..rows.min(start + MORSEL_ROWS));
            self.morsels.extend(ranges.map(|rows| Morsel { block, rows }));
        }
        if self.morsels.is_empty() {
            self.morsels.push(Morsel { block: usize::MAX, rows: 0..0 });
        }
        Ok(())
    }

    /// Whether a file has facts in the plan's interval.
    fn touches(&self, entry: &crate::facts::manifest::Entry) -> bool {
        let bounds = match self.plan.time {
            TimeDimension::Emitted => entry.written.emitted,
            TimeDimension::Happened => entry.written.happened,
        };
        match (self.plan.edges.first(), self.plan.edges.last()) {
            (Some(first), Some(last)) => bounds.max >= first.as_ms() && bounds.min < last.as_ms(),
            _ => false,
        }
    }

    /// Whether a file is known to have no fact that passes the filter.
    fn lacks(&self, file: &ShelfFile) -> bool {
        wanted(&self.plan.filter).into_iter().any(|(dimension, text)| {
            file.known_places(dimension).is_some_and(|places| !places.may_have(text))
        })
    }

    /// Takes the next morsel; whether it is the last one. There is one whenever this is asked.
    pub(super) fn take(&self) -> (usize, bool) {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken == 0 {
            self.limit.note_begun();
        }
        (taken, taken + 1 >= self.morsels.len())
    }

    /// Folds a morsel.
    pub(super) fn fold(&self, worker: usize, morsel: usize) {
        if lock(&self.failure).is_some() {
            return;
        }
        if let Err(error) = self.try_fold(worker, morsel) {
            *lock(&self.failure) = Some(error);
        }
    }

    fn try_fold(&self, worker: usize, morsel: usize) -> Result<()> {
        let Some(morsel) = self.morsels.get(morsel) else { return Ok(()) };
        let Some(block) = self.blocks.get(morsel.block) else { return Ok(()) };
        let ready = self.ready(block)?;
        let rows = ready.prepared.whole_buckets(&morsel.rows, self.bucket_rows_max);
        let counted = ready.prepared.rows();
        if rows.start >= counted.end.min(rows.end) || rows.end <= counted.start {
            return Ok(());
        }
        let facts = self.block(block.place, &ready.dead)?;
        let facts = self.with_totals(block.place, &ready.prepared, facts)?;
        let Some(fold) = self.folds.get(worker) else { return Ok(()) };
        // Only this worker ever wants it.
        let mut fold = lock(fold);
        fold.get_or_insert_with(|| ColumnFold::new(&self.plan))
            .add(&ready.prepared, &facts, rows, &*self.limit)
            .map_err(|stop| self.stopped(stop))
    }

    fn block<'r>(&'r self, place: BlockPlace, dead: &'r Dead) -> Result<Block<'r>> {
        match place {
            BlockPlace::File { file, block } => {
                let live = self.snapshot.files.get(file).ok_or_else(closed)?;
                live.file.block(block, dead)
            }
            BlockPlace::Tail(index) => {
                let chunk = self.snapshot.tail.get(index).ok_or_else(closed)?;
                chunk.block().map_err(impossible)
            }
        }
    }

    /// A block with what its facts add up to, when that tells the answer.
    fn with_totals<'r>(
        &'r self,
        place: BlockPlace,
        prepared: &Prepared,
        block: Block<'r>,
    ) -> Result<Block<'r>> {
        match place {
            BlockPlace::File { file, block: index } if prepared.is_undivided() => {
                let live = self.snapshot.files.get(file).ok_or_else(closed)?;
                live.file.with_totals(index, block, prepared.rows().len())
            }
            _ => Ok(block),
        }
    }

    /// What there is to know of a block. A second worker that comes to it waits for the first.
    fn ready(&self, block: &BlockState) -> Result<Arc<Ready>> {
        let mut ready = lock(&block.ready);
        if let Some(ready) = &*ready {
            return Ok(Arc::clone(ready));
        }
        let dead = match block.place {
            BlockPlace::File { file, .. } => {
                let live = self.snapshot.files.get(file).ok_or_else(closed)?;
                live.file.dead(&live.superseded)?
            }
            BlockPlace::Tail(_) => Arc::default(),
        };
        let facts = self.block(block.place, &dead)?;
        let prepared = Prepared::new(&self.plan, &facts, &*self.limit);
        let mut prepared = prepared.map_err(|stop| self.stopped(stop))?;
        if let BlockPlace::File { file, block } = block.place
            && let Some(live) = self.snapshot.files.get(file)
        {
            for (dimension, _) in wanted(&self.plan.filter) {
                if let Some(places) = live.file.places(dimension)? {
                    prepared.narrow(dimension, |codes| places.rows(block, codes));
                }
            }
        }
        let made = Arc::new(Ready { prepared, dead });
        *ready = Some(Arc::clone(&made));
        Ok(made)
    }

    fn stopped(&self, stop: Stop) -> Error {
        match stop {
            Stop::TooManyCells { limit } => Error::TooManyCells { limit },
            Stop::TooManyDistinctValues { limit } => Error::TooManyDistinctValues { limit },
            Stop::Cancelled if self.limit.is_too_late() => {
                Error::DeadlineExceeded { deadline: self.limit.deadline }
            }
            Stop::Cancelled => closed(),
        }
    }

    /// Notes that a morsel was folded, or that folding it broke down. The last one answers.
    pub(super) fn finish(&self, is_whole: bool) {
        if !is_whole {
            *lock(&self.failure) = Some(Error::Unavailable {
                context: "folding facts".to_owned(),
                source: "a query broke down".into(),
            });
        }
        if self.finished.fetch_add(1, Ordering::AcqRel) + 1 == self.morsels.len() {
            self.tell(self.join());
        }
    }

    /// Answers that there is no answer: the store is closed.
    pub(super) fn give_up(&self) {
        self.limit.give_up();
        self.tell(Err(closed()));
    }

    fn join(&self) -> Result<Cells> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        let folds = self.folds.iter().filter_map(|fold| lock(fold).take());
        let joined = folds.reduce(|mut whole, part| {
            whole.merge(part);
            whole
        });
        let joined = joined.unwrap_or_else(|| ColumnFold::new(&self.plan));
        joined.finish().map_err(|stop| self.stopped(stop))
    }

    fn tell(&self, answer: Result<Cells>) {
        if let Some(waiting) = lock(&self.answer).take() {
            // Whoever asked may have gone away.
            let _gone = waiting.send(answer);
        }
    }
}
