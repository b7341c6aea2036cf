//! What the product counts about its own work, and the samples of it. Ids of organisations and
//! segments are named, and nothing that visitors sent.

mod aggregates;
mod events;
mod feeds;
mod segments;
mod webhooks;

use std::sync::Arc;
use std::time::Instant;

use wayfare_model::limits::INGEST_QUEUE_MAX;
use wayfare_model::metrics::{Counter, Family, Histogram, Waiting};

pub(crate) use aggregates::AggregateMetrics;
pub(crate) use events::{Door, EventMetrics};
pub(crate) use feeds::FeedMetrics;
pub(crate) use segments::SegmentMetrics;
pub(crate) use webhooks::{CourierPlace, Delivery, WebhookMetrics};

use crate::app::App;

/// What is counted.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    pub(crate) events: EventMetrics,
    pub(crate) ingest: IngestMetrics,
    pub(crate) segments: SegmentMetrics,
    pub(crate) aggregates: AggregateMetrics,
    pub(crate) webhooks: WebhookMetrics,
    pub(crate) feeds: FeedMetrics,
}

/// What the pipeline of writes counts.
#[derive(Debug)]
pub(crate) struct IngestMetrics {
    /// Requests that are not answered: in the queue, or in the batch that is worked on.
    pub(crate) waiting: Arc<Waiting>,
    /// Imports, likewise.
    pub(crate) imports: Arc<Waiting>,
    /// Requests refused because the queue was full.
    pub(crate) refused: Counter,
    /// Requests of a batch.
    pub(crate) batch_requests: Histogram,
    /// Commands of a batch.
    pub(crate) batch_commands: Histogram,
    /// Reading what a batch touches.
    pub(crate) load: Histogram,
    /// Applying a batch: forming sessions, matching segments.
    pub(crate) apply: Histogram,
    /// Committing what it changed, until it is durable.
    pub(crate) commit: Histogram,
    /// Batches tried again because somebody else had changed the same visitor.
    pub(crate) conflicts: Counter,
    /// Batches that were not committed.
    pub(crate) failures: Counter,
}

impl Default for IngestMetrics {
    fn default() -> Self {
        Self {
            waiting: Arc::default(),
            imports: Arc::default(),
            refused: Counter::default(),
            batch_requests: Histogram::of_sizes(),
            batch_commands: Histogram::of_sizes(),
            load: Histogram::of_seconds(),
            apply: Histogram::of_seconds(),
            commit: Histogram::of_seconds(),
            conflicts: Counter::default(),
            failures: Counter::default(),
        }
    }
}

impl IngestMetrics {
    fn families(&self) -> Vec<Family> {
        vec![
            Family::counter(
                "wayfare_ingest_refused",
                "Requests refused because the queue of writes was full",
            )
            .with(self.refused.get()),
            Family::histogram("wayfare_ingest_batch_requests", "Requests in one batch of writes")
                .with(self.batch_requests.value()),
            Family::histogram(
                "wayfare_ingest_batch_commands",
                "Events and other commands in one batch of writes",
            )
            .with(self.batch_commands.value()),
            Family::histogram("wayfare_ingest_load_seconds", "Reading what a batch touches")
                .with(self.load.value()),
            Family::histogram(
                "wayfare_ingest_apply_seconds",
                "Forming sessions and matching segments of a batch",
            )
            .with(self.apply.value()),
            Family::histogram(
                "wayfare_ingest_commit_seconds",
                "Committing a batch until it is durable, waiting for the writer included",
            )
            .with(self.commit.value()),
            Family::counter(
                "wayfare_ingest_conflicts",
                "Batches tried again because something else had changed the same visitors",
            )
            .with(self.conflicts.get()),
            Family::counter("wayfare_ingest_failures", "Batches that were not committed")
                .with(self.failures.get()),
        ]
    }
}

impl App {
    /// Everything that is measured, now: the product's own work, and what lies under it. Blocks for
    /// as long as the file system takes to tell the sizes of files.
    #[must_use]
    pub fn metrics(&self) -> Vec<Family> {
        let metrics = &self.metrics;
        let now = Instant::now();
        let mut families = self.host.metrics();
        families.extend(queues(&[
            of_writes("ingest", &metrics.ingest.waiting, now),
            of_writes("imports", &metrics.ingest.imports, now),
            self.aggregate_jobs.queue(now),
            self.backtests.queue(now),
            self.deletions.queue(now),
            self.access.queue(now),
            metrics.webhooks.queue(self.now()),
            metrics.feeds.queue(now),
        ]));
        families.extend(metrics.ingest.families());
        families.extend(metrics.events.families());
        families.extend(metrics.segments.families());
        families.extend(metrics.aggregates.families());
        families.extend(metrics.webhooks.families(self.now()));
        families.extend(metrics.feeds.families(&self.open_feeds()));
        merged(families)
    }
}

fn of_writes(name: &'static str, waiting: &Waiting, now: Instant) -> Queue {
    Queue {
        name,
        depth: waiting.depth(),
        capacity: Some(INGEST_QUEUE_MAX),
        oldest_s: waiting.oldest(now).as_secs_f64(),
    }
}

/// A queue at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Queue {
    /// What it is called.
    pub name: &'static str,
    /// How many are in it, those included that are worked on.
    pub depth: usize,
    /// How many may wait in it, where it is their number that is bounded.
    pub capacity: Option<usize>,
    /// How long the first of them has waited, in seconds.
    pub oldest_s: f64,
}

/// What is measured of queues.
#[must_use]
pub fn queues(queues: &[Queue]) -> Vec<Family> {
    let depth = Family::gauge("wayfare_queue_depth", "What waits, or is being worked on");
    let capacity = Family::gauge(
        "wayfare_queue_capacity",
        "What may wait, where it is its number that is bounded",
    );
    let oldest = Family::gauge("wayfare_queue_oldest_seconds", "Age of what has waited longest");
    let by_queue = |family: Family, value: &dyn Fn(&Queue) -> Option<f64>| {
        queues.iter().fold(family, |family, queue| match value(queue) {
            Some(value) => family.labelled([("queue", queue.name)], value),
            None => family,
        })
    };
    #[expect(clippy::cast_precision_loss, reason = "queues are far shorter than 2^52")]
    let number = |number: usize| number as f64;
    vec![
        by_queue(depth, &|queue| Some(number(queue.depth))),
        by_queue(capacity, &|queue| queue.capacity.map(number)),
        by_queue(oldest, &|queue| Some(queue.oldest_s)),
    ]
}

/// Families of one name become one.
fn merged(families: Vec<Family>) -> Vec<Family> {
    let mut merged: Vec<Family> = Vec::with_capacity(families.len());
    for family in families {
        match merged.iter_mut().find(|known| known.name == family.name) {
            Some(known) => known.series.extend(family.series),
            None => merged.push(family),
        }
    }
    merged
}
