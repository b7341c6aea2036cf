//! Deleting customers, one after the other, to the end.
//!
//! How far a deletion is lies in its document. One that was under way when the server went down goes
//! on where it was; each step can be done twice.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::{CUSTOMER_DELETIONS_UNFINISHED_MAX, DOCUMENTS_READ_AT_ONCE};
use wayfare_model::metrics::{Place, Waiting};
use wayfare_store::documents::Kind;
use wayfare_store::{Error as StoreError, Stores};

use super::document::{self, CustomerDeletion, Stage};
use super::naming::{Names, remove_naming};
use crate::access::organisations::Organisations;
use crate::aggregates::remove_jobs_naming;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::ingest::pipeline::Ingest;
use crate::metrics::Queue;
use crate::tasks::piece;

/// Time between two attempts at a step that failed.
const REST: Duration = Duration::from_secs(5);

/// A deletion by its organisation and id.
type Key = (OrganisationId, Uuid);
/// One with its place among those that wait or run.
type Queued = (Key, Place);

/// The door to the runner.
pub(crate) struct CustomerDeletions {
    queue: mpsc::UnboundedSender<Queued>,
    waiting: Arc<Waiting>,
    shared: Arc<Shared>,
    /// Held from when a deletion is noted until it is stored: whoever asks for the same one finds it.
    pub(super) beginning: tokio::sync::Mutex<()>,
}

/// What the door and the runner share.
#[derive(Default)]
struct Shared {
    /// The deletions that are under way.
    unfinished: Mutex<HashMap<(OrganisationId, CustomerKey), Uuid>>,
    /// Told whenever one is done.
    changed: Notify,
}

/// What became of a wish.
pub(super) enum Begun {
    /// It is under way already.
    Known(Uuid),
    /// It begins now.
    New(Uuid),
    /// Too many are under way.
    TooMany,
}

impl CustomerDeletions {
    /// Notes that a deletion begins, unless the same one is under way.
    pub(super) fn begin(
        &self,
        organisation: OrganisationId,
        customer: &CustomerKey,
        id: Uuid,
    ) -> Begun {
        let mut unfinished = self.shared.lock();
        if let Some(known) = unfinished.get(&(organisation, customer.clone())) {
            return Begun::Known(*known);
        }
        let of_organisation = unfinished.keys().filter(|(of, _)| *of == organisation).count();
        if of_organisation >= CUSTOMER_DELETIONS_UNFINISHED_MAX {
            return Begun::TooMany;
        }
        unfinished.insert((organisation, customer.clone()), id);
        Begun::New(id)
    }

    /// Notes that a deletion is not under way any more.
    pub(super) fn end(&self, organisation: OrganisationId, customer: &CustomerKey) {
        self.shared.lock().remove(&(organisation, customer.clone()));
    }

    /// Has a deletion run.
    pub(super) fn enqueue(&self, organisation: OrganisationId, id: Uuid) {
        // Without a runner the server is stopping; the deletion goes on when it is up again.
        let place = self.waiting.enter(Instant::now());
        let _ = self.queue.send(((organisation, id), place));
    }

    /// How many wait or run, and for how long.
    pub(crate) fn queue(&self, now: Instant) -> Queue {
        Queue {
            name: "customer_deletions",
            depth: self.waiting.depth(),
            capacity: Some(CUSTOMER_DELETIONS_UNFINISHED_MAX),
            oldest_s: self.waiting.oldest(now).as_secs_f64(),
        }
    }

    /// Comes when some deletion is done.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.shared.changed.notified()
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(OrganisationId, CustomerKey), Uuid>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that deletes. It ends when the app is dropped, and leaves what is not done to the next
/// start.
pub(crate) struct DeletionRunner {
    stores: Stores,
    clock: Arc<dyn Clock>,
    organisations: Arc<Organisations>,
    ingest: Ingest,
    /// Counts up before documents are looked through: who answers a query out of facts from before
    /// asks again.
    erased: Arc<AtomicU64>,
    queue: mpsc::UnboundedReceiver<Queued>,
    waiting: VecDeque<Queued>,
    places: Arc<Waiting>,
    shared: Arc<Shared>,
}

impl DeletionRunner {
    pub(crate) fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        organisations: Arc<Organisations>,
        ingest: Ingest,
        erased: Arc<AtomicU64>,
    ) -> (CustomerDeletions, Self) {
        let (sender, queue) = mpsc::unbounded_channel();
        let shared = Arc::<Shared>::default();
        let places = Arc::<Waiting>::default();
        let deletions = CustomerDeletions {
            queue: sender,
            waiting: places.clone(),
            shared: shared.clone(),
            beginning: tokio::sync::Mutex::default(),
        };
        let waiting = VecDeque::new();
        let runner =
            Self { stores, clock, organisations, ingest, erased, queue, waiting, places, shared };
        (deletions, runner)
    }

    /// Finds the deletions that the last run of the server left unfinished.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) async fn recover(&mut self) -> Result<()> {
        let mut unfinished = Vec::new();
        for organisation in self.organisations.all() {
            let mut after = None;
            loop {
                let (kind, limit) = (Kind::CustomerDeletion, DOCUMENTS_READ_AT_ONCE);
                let documents = &self.stores.documents;
                let page = documents.list(organisation.id, kind, after, limit).await?;
                for found in &page {
                    let deletion = document::from_document(found)?;
                    if deletion.stage == Stage::Done {
                        continue;
                    }
                    if let Some(of) = deletion.deletion() {
                        let key = (organisation.id, of.customer.clone());
                        self.shared.lock().insert(key, deletion.id);
                    }
                    unfinished.push((deletion.requested, (organisation.id, deletion.id)));
                }
                after = page.last().map(|last| last.id);
                if page.len() < limit {
                    break;
                }
            }
        }
        unfinished.sort_unstable_by_key(|(requested, (_, id))| (*requested, *id));
        for (_, key) in unfinished {
            let place = self.places.enter(Instant::now());
            self.waiting.push_back((key, place));
        }
        Ok(())
    }

    pub(crate) async fn run(mut self) {
        loop {
            let next = match self.waiting.pop_front() {
                Some(next) => next,
                None => match self.queue.recv().await {
                    Some(next) => next,
                    None => return,
                },
            };
            match piece(self.run_one(next.0)).await {
                Ok(Ended::Done) => {}
                Ok(Ended::Stopping) => return,
                Err(error) => {
                    tell(&error, next.0.1);
                    self.waiting.push_back(next);
                    if self.rest().await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits a while; whether the server is stopping.
    async fn rest(&mut self) -> bool {
        let until = tokio::time::Instant::now() + REST;
        loop {
            match tokio::time::timeout_at(until, self.queue.recv()).await {
                Ok(Some(next)) => self.waiting.push_back(next),
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Takes what came in; whether the server is stopping.
    fn is_stopping(&mut self) -> bool {
        loop {
            match self.queue.try_recv() {
                Ok(next) => self.waiting.push_back(next),
                Err(mpsc::error::TryRecvError::Empty) => return false,
                Err(mpsc::error::TryRecvError::Disconnected) => return true,
            }
        }
    }

    async fn run_one(&mut self, (organisation, id): Key) -> Result<Ended> {
        let documents = self.stores.documents.clone();
        let found = documents.fetch(organisation, Kind::CustomerDeletion, id).await?;
        let Some(found) = found else { return Ok(Ended::Done) };
        let mut deletion = document::from_document(&found)?;
        loop {
            if self.is_stopping() {
                return Ok(Ended::Stopping);
            }
            let next = match deletion.stage.clone() {
                Stage::Rows(of) => {
                    if !self.ingest.delete_customer_rows(organisation, of.clone()).await? {
                        continue;
                    }
                    deletion.stepped(Stage::Facts(of))
                }
                Stage::Facts(of) => {
                    self.stores.deletions.erase_facts(organisation, &of).await?;
                    deletion.stepped(Stage::Documents(of))
                }
                Stage::Documents(of) => self.documents(organisation, &deletion, &of).await?,
                Stage::Scrub => {
                    self.stores.deletions.forget_deletion(organisation, id).await?;
                    self.stores.deletions.scrub().await?;
                    let completed = Some(self.clock.now());
                    CustomerDeletion { completed, ..deletion.stepped(Stage::Done) }
                }
                Stage::Done => return Ok(Ended::Done),
            };
            let stored = document::to_document(&next)?;
            let kind = Kind::CustomerDeletion;
            documents.replace(organisation, kind, deletion.version, stored).await?;
            if let (Some(of), None) = (deletion.deletion(), next.deletion()) {
                self.shared.lock().remove(&(organisation, of.customer.clone()));
            }
            deletion = next;
            if deletion.stage == Stage::Done {
                self.shared.changed.notify_waiters();
            }
        }
    }

    /// Removes the documents and the changes in the log that name the customer, and what is kept of the deletion itself but for
    /// its figures.
    async fn documents(
        &self,
        organisation: OrganisationId,
        deletion: &CustomerDeletion,
        of: &Deletion,
    ) -> Result<CustomerDeletion> {
        let served = self.organisations.get(organisation).ok_or(StoreError::NotFound)?;
        let deletions = &self.stores.deletions;
        deletions.delete_changes(organisation, of).await?;
        served.changes.forget().await;
        let customers = deletions.deleted_customers(organisation, of).await?;
        // Before they are looked through: see the runners of aggregates jobs and back-tests.
        self.erased.fetch_add(1, Ordering::SeqCst);
        let names = Names::of(&customers);
        let jobs = remove_jobs_naming(&self.stores, &served, &names).await?;
        let backtests = remove_naming(&self.stores, &served, Kind::Backtest, &names).await?;
        let documents = jobs + backtests;
        let mut removed = deletions.removed(organisation, of).await?;
        // A step that is done again finds fewer of them.
        removed.add(Removed { documents, ..Removed::default() });
        // What is kept goes after the figures are written down, so that they are never lost.
        let counted = CustomerDeletion { removed, ..deletion.clone() };
        Ok(counted.stepped(Stage::Scrub))
    }
}

/// Tells the log why a deletion has to wait.
fn tell(error: &Error, deletion: Uuid) {
    let error: &dyn std::error::Error = error;
    tracing::error!(error, %deletion, "a customer is not deleted yet");
}

/// How the running of a deletion ended.
enum Ended {
    /// It is done.
    Done,
    /// The server is stopping.
    Stopping,
}
