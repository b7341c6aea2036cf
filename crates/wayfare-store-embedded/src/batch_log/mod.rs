//! The log of batches: what makes a batch durable before the database has it.
//!
//! A batch that only writes rows under their keys is appended to a file and synced; then whoever asked
//! is answered. Its rows wait in memory ([`Pending`]) until the writing thread puts those of many
//! batches into the database in one transaction. A row that was written ten times meanwhile is put
//! there once, and a page that ten batches touched is written once.
//!
//! - Loading, and looking for what is due, look at what waits first, so the next batch sees it; so does
//!   what is asked all the time: a visitor, a session, an identifier, a contact, assignments, aggregates.
//! - Every other read, and every other write, has what waits put into the database before: to them
//!   the database is the truth.
//! - The database knows the number of the last batch it has, in the transaction that put it there.
//!   Opening puts the rest there before anybody sees anything.
//! - A file begins anew only once all it has is in the database and the database's own log is synced.

mod batch;
mod file;
mod pending;
mod record;
mod replay;
mod revisions;
#[cfg(test)]
mod tests;
mod unsynced;

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;
use wayfare_model::change::{Changes, Due, Loaded, Touch};
use wayfare_model::id::{FactId, OrganisationId};
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::error::Result;

pub(crate) use self::batch::Prepared;
use self::file::Places;
pub(crate) use self::file::{BatchFiles, FILES};
use self::pending::Added;
pub(crate) use self::pending::{Overlay, Pending};
pub(crate) use self::replay::{Replayed, note_applied, replay};
use self::revisions::Revisions;
use self::unsynced::Unsynced;
use crate::durability::Durability;
use crate::facts::FactChange;
use crate::failure::{closed, failed};
use crate::journeys::{due, load};
use crate::metrics::WriterMetrics;
use crate::sql;
use crate::writer::ToSync;

/// Bytes of batches that wait before they are put into the database.
const FLUSH_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of batches that may wait. Whoever comes then waits, too.
const PENDING_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The log, and what of it waits.
pub(crate) struct BatchLog {
    state: Mutex<State>,
    durability: Arc<Durability>,
    metrics: Arc<WriterMetrics>,
    /// Batches up to this number are in the database and synced there.
    carried: Arc<AtomicU64>,
    /// Bytes that wait, for those who only want to know whether any do.
    waiting_bytes: AtomicU64,
    /// What waits could not be put into the database the last time.
    is_stuck: AtomicBool,
}

/// What is known of the log while nobody else looks.
pub(crate) struct State {
    /// Reads what the database has; absent once the store is closing.
    loader: Option<Connection>,
    pending: Pending,
    /// What is being put into the database.
    flushing: Option<Arc<Pending>>,
    unsynced: Unsynced,
    known: Revisions,
    places: Places,
    /// The number of the last batch.
    sequence: u64,
    /// Absent once they are ending.
    threads: Option<SyncThreads>,
}

/// The threads that sync.
pub(crate) struct SyncThreads {
    /// Those that wait for it.
    pub(crate) to_sync: SyncSender<ToSync>,
    /// Numbers of batches that are in the database with all before them: to the one that syncs its log.
    pub(crate) to_carry: Sender<u64>,
    /// What that one has done.
    pub(crate) carried: Arc<AtomicU64>,
}

/// What appending a batch came to.
pub(crate) struct Appended {
    /// Told once it is durable.
    pub(crate) durable: oneshot::Receiver<Result<()>>,
    /// Whether nothing waited before for the next time that batches are put into the database.
    pub(crate) is_first: bool,
    /// Whether so much waits that it should go into the database.
    pub(crate) is_enough: bool,
}

/// Facts of an organisation that wait.
#[derive(Clone, Copy)]
pub(crate) struct WaitingFacts<'w> {
    organisation: OrganisationId,
    overlay: Overlay<'w>,
    unsynced: &'w Unsynced,
    durability: &'w Durability,
}

impl WaitingFacts<'_> {
    /// How many there are, about.
    pub(crate) fn number(self) -> usize {
        self.overlay.facts()
    }

    /// Each as it is by the batches that are durable now.
    pub(crate) fn durable(self) -> Vec<(FactId, FactChange)> {
        let before = self.unsynced.before(self.organisation, self.durability.reached_number());
        let durable = |(id, now): (FactId, &FactChange)| match before.get(&id) {
            None => Some((id, now.clone())),
            Some(before) => before.map(|change| (id, change.clone())),
        };
        self.overlay.each_fact().filter_map(durable).collect()
    }
}

impl BatchLog {
    /// A log whose files are empty.
    pub(crate) fn new(
        loader: Connection,
        replayed: Replayed,
        durability: Arc<Durability>,
        metrics: Arc<WriterMetrics>,
        threads: SyncThreads,
    ) -> Self {
        let Replayed { files, sequence, .. } = replayed;
        let carried = Arc::clone(&threads.carried);
        carried.store(sequence, Ordering::SeqCst);
        let state = State {
            loader: Some(loader),
            pending: Pending::default(),
            flushing: None,
            unsynced: Unsynced::default(),
            known: Revisions::default(),
            places: Places::new(files),
            sequence,
            threads: Some(threads),
        };
        Self {
            state: Mutex::new(state),
            durability,
            metrics,
            carried,
            waiting_bytes: AtomicU64::new(0),
            is_stuck: AtomicBool::new(false),
        }
    }

    /// Whether a batch can be appended: one that does more than to write rows under their keys
    /// needs the database.
    pub(crate) fn takes(changes: &Changes) -> bool {
        changes.merges.is_empty()
            && changes.unmerges.is_empty()
            && changes.removed_assignments.is_empty()
    }

    /// Whether anything waits to be put into the database.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting_bytes() > 0
    }

    /// Whether what waits must go into the database before more may come.
    pub(crate) fn is_full(&self) -> bool {
        self.is_stuck() || self.waiting_bytes() > PENDING_BYTES_MAX as u64
    }

    /// Bytes of batches that wait.
    pub(crate) fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes.load(Ordering::SeqCst)
    }

    /// Whether what waits could not be put into the database the last time.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::Relaxed)
    }

    /// Looks at the log while nobody else does.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Loads what a batch touches. Nothing when that takes more than keys, so that what waits must
    /// be put into the database before.
    pub(crate) fn load(
        &self,
        organisation: OrganisationId,
        touch: &Touch,
    ) -> Result<Option<Loaded>> {
        let mut state = self.lock();
        let State { loader, pending, flushing, known, .. } = &mut *state;
        let overlay = Overlay::new(organisation, pending, flushing.as_deref());
        if !touch.contacts.is_empty() && !overlay.is_empty() {
            return Ok(None);
        }
        let snapshot = snapshot(loader.as_ref())?;
        let loaded = load(&snapshot, organisation.as_uuid(), touch, &overlay)?;
        *known = Revisions::of(organisation, &loaded);
        Ok(Some(loaded))
    }

    /// What `look` takes of what waits, which `reader` does not have: it reads the database as it is at
    /// this moment, in the transaction it has begun.
    pub(crate) fn look<T>(
        &self,
        reader: &Connection,
        organisation: OrganisationId,
        look: impl FnOnce(Overlay<'_>) -> T,
    ) -> Result<T> {
        // The first row that is read decides which state of the database a transaction sees.
        const ANY: &str = "SELECT 1 FROM sqlite_schema LIMIT 1";
        let state = self.lock();
        sql::exists(reader, ANY, ())?;
        Ok(look(Overlay::new(organisation, &state.pending, state.flushing.as_deref())))
    }

    /// What `look` takes of facts that wait, together with what it takes of memory.
    pub(crate) fn look_at_facts<T>(
        &self,
        organisation: OrganisationId,
        look: impl FnOnce(WaitingFacts<'_>) -> T,
    ) -> T {
        let state = self.lock();
        let overlay = Overlay::new(organisation, &state.pending, state.flushing.as_deref());
        let (unsynced, durability) = (&state.unsynced, &self.durability);
        look(WaitingFacts { organisation, overlay, unsynced, durability })
    }

    /// What of an organisation is due.
    pub(crate) fn due(
        &self,
        organisation: OrganisationId,
        now: Moment,
        limit: usize,
    ) -> Result<Due> {
        let state = self.lock();
        let overlay = Overlay::new(organisation, &state.pending, state.flushing.as_deref());
        let snapshot = state.snapshot()?;
        due::due(&snapshot, organisation, now, limit, overlay)
    }

    /// When something of any organisation is due next.
    pub(crate) fn next_due(&self) -> Result<Option<Moment>> {
        let state = self.lock();
        let (pending, flushing) = (&state.pending, state.flushing.as_deref());
        let snapshot = state.snapshot()?;
        let mut organisations = due::organisations(&snapshot)?;
        organisations.extend(pending.organisations());
        organisations.extend(flushing.into_iter().flat_map(Pending::organisations));
        organisations.sort_unstable();
        organisations.dedup();
        let mut next: Option<Moment> = None;
        for organisation in organisations {
            let overlay = Overlay::new(organisation, pending, flushing);
            let of_organisation = due::next(&snapshot, organisation, overlay)?;
            next = next.into_iter().chain(of_organisation).min();
        }
        Ok(next)
    }

    /// Appends a batch: the next loading sees it. Facts are not read without one that ends what was due.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a revision is another; [`Error::Unavailable`] when there is no room
    /// for it, or nothing is written any more. Nothing was appended.
    pub(crate) fn append(&self, prepared: Prepared, ends_due: bool) -> Result<Appended> {
        let began = Instant::now();
        let mut state = self.lock();
        if self.durability.has_failed() {
            return Err(Error::Unavailable {
                context: "an earlier commit failed, so the store must be opened anew".to_owned(),
                source: "refused".into(),
            });
        }
        state.check(&prepared)?;
        let sequence = state.sequence + 1;
        let record = prepared.record(sequence, state.places.salt())?;
        let bytes = record.len();
        let carried = self.carried.load(Ordering::SeqCst);
        let to_sync = state.to_sync()?.clone();
        let put = state.places.put(&record, sequence, carried);
        let file = put.map_err(|error| self.not_put(error))?;
        self.metrics.is_log_full.store(false, Ordering::Relaxed);
        let (answer, durable) = oneshot::channel();
        let number = self.durability.begin_commit();
        if ends_due {
            self.durability.note_ending(number);
        }
        let place = self.metrics.syncing.enter(began);
        let batch = ToSync::Batch { number, began, file, answer, _place: place };
        if to_sync.send(batch).is_err() {
            self.durability.fail();
            self.metrics.note_broken();
            return Err(closed());
        }
        state.sequence = sequence;
        state.known.forget(prepared.organisation(), prepared.models());
        // Those that are being put into the database have no place for it any more.
        let is_first = state.pending.is_empty();
        let place = self.metrics.batches_waiting.enter(began);
        let State { pending, flushing, unsynced, .. } = &mut *state;
        unsynced.forget(self.durability.reached_number());
        let waiting = Overlay::new(prepared.organisation(), pending, flushing.as_deref());
        unsynced.add(number, &prepared, waiting);
        pending.add(prepared, Added { sequence, commit: number, bytes, place });
        let is_enough = state.pending.bytes() >= FLUSH_BYTES && state.flushing.is_none();
        self.waiting_bytes.fetch_add(bytes as u64, Ordering::SeqCst);
        Ok(Appended { durable, is_first, is_enough })
    }

    /// A record could not be written. On a full disk there is nothing of it that counts; else nobody
    /// knows what the disk has, and nothing more is taken.
    fn not_put(&self, error: std::io::Error) -> Error {
        if error.kind() == ErrorKind::StorageFull {
            self.metrics.is_log_full.store(true, Ordering::Relaxed);
        } else {
            tracing::error!(%error, "a write failed; no more is written until the store is opened anew");
            self.durability.fail();
            self.metrics.note_broken();
        }
        self.metrics.failed.increment();
        Error::Unavailable {
            context: "writing to the log of batches".to_owned(),
            source: Box::new(error),
        }
    }

    /// What is to be put into the database next; what could not be put there is tried again.
    pub(crate) fn begin_flush(&self, state: &mut State) -> Option<Arc<Pending>> {
        if state.flushing.is_none() && !state.pending.is_empty() {
            state.flushing = Some(Arc::new(std::mem::take(&mut state.pending)));
        }
        state.flushing.clone()
    }

    /// Says that it is there. The bytes of batches since the database's log was last synced tell whether
    /// it should be.
    pub(crate) fn end_flush(&self, state: &mut State) {
        self.is_stuck.store(false, Ordering::Relaxed);
        let Some(flushed) = state.flushing.take() else { return };
        self.waiting_bytes.fetch_sub(flushed.bytes() as u64, Ordering::SeqCst);
        if state.places.wants_carrying(flushed.bytes())
            && let Some(threads) = &state.threads
        {
            // When the thread has ended, no file is begun anew any more.
            let _sent = threads.to_carry.send(flushed.last());
        }
    }

    /// Says that it could not be put there.
    pub(crate) fn fail_flush(&self) {
        self.is_stuck.store(true, Ordering::Relaxed);
    }

    /// Forgets what was loaded, since somebody else is about to change it.
    pub(crate) fn forget_loaded(state: &mut State) {
        state.known = Revisions::default();
    }

    /// Empties the files, once everything is in the database and synced there.
    ///
    /// # Errors
    /// When the system cannot; nothing is written any more then.
    pub(crate) fn clear(&self, state: &mut State) -> Result<()> {
        let (answer, cleared) = oneshot::channel();
        let to_sync = state.to_sync()?;
        // What was appended is written before.
        to_sync.send(ToSync::Clear { answer }).map_err(|_| closed())?;
        cleared.blocking_recv().map_err(|_| closed())??;
        state.places.clear();
        self.carried.store(state.sequence, Ordering::SeqCst);
        Ok(())
    }

    /// Appends and loads nothing any more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.threads = None;
        state.loader = None;
    }
}

impl State {
    /// Whether something was to be put into the database and could not.
    pub(crate) const fn is_flushing(&self) -> bool {
        self.flushing.is_some()
    }

    fn to_sync(&self) -> Result<&SyncSender<ToSync>> {
        self.threads.as_ref().map(|threads| &threads.to_sync).ok_or_else(closed)
    }

    fn loader(&self) -> Result<&Connection> {
        self.loader.as_ref().ok_or_else(closed)
    }

    /// Compares the revisions that a batch was made on with those that are.
    fn check(&self, prepared: &Prepared) -> Result<()> {
        let organisation = prepared.organisation();
        let overlay = Overlay::new(organisation, &self.pending, self.flushing.as_deref());
        self.known.check(self.loader()?, organisation, overlay, prepared.models())
    }

    /// The database, as it is without what waits.
    fn snapshot(&self) -> Result<Transaction<'_>> {
        snapshot(self.loader.as_ref())
    }
}

fn snapshot(loader: Option<&Connection>) -> Result<Transaction<'_>> {
    let loader = loader.ok_or_else(closed)?;
    loader.unchecked_transaction().map_err(|error| failed("beginning a read", error))
}
