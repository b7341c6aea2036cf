//! What queries see: the files that count, what of them is true no more, and the tail.
//!
//! Everything here is changed by the writing thread, in the order of the commits and as soon as each
//! is made; whoever answers with it waits until it is durable. So a [`Live::snapshot`] is the state after some commit, whole.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::fast::FixedState;
use uuid::Uuid;
use wayfare_model::id::{FactId, OrganisationId};

use super::file::FactKey;
use super::filter::IdFilter;
use super::rows::{Effect, FactChange};
use super::shelf::ShelfFile;
use super::tail::{Chunk, Tail, chunks_of};
use crate::metrics::FactTotals;

/// Ids of facts.
pub(crate) type Keys = HashSet<FactKey, FixedState>;

/// A file that counts, and what of it is true no more.
#[derive(Debug, Clone)]
pub(crate) struct LiveFile {
    pub(crate) file: Arc<ShelfFile>,
    /// Facts that may be in it and were replaced or removed, in that order, each once or more.
    pub(crate) superseded: Arc<Vec<FactKey>>,
}

/// The facts of an organisation after some commit.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) files: Vec<LiveFile>,
    pub(crate) tail: Vec<Chunk>,
    /// The number of the last write in the tail.
    pub(crate) sequence: i64,
}

/// The facts of all organisations.
#[derive(Debug, Default)]
pub(crate) struct Live {
    organisations: Mutex<BTreeMap<OrganisationId, Organisation>>,
    /// The number of the last write.
    sequence: AtomicI64,
    /// The number of the last file.
    file_number: AtomicU64,
}

#[derive(Debug, Default)]
struct Organisation {
    files: BTreeMap<i64, LiveFile>,
    tail: Tail,
    /// Asked when a fact is written: of the files that count and of one that is about to.
    filters: BTreeMap<i64, Arc<IdFilter>>,
    /// While a file is made of the tail: the facts that were written or removed meanwhile.
    touched: Option<Keys>,
}

impl Live {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<OrganisationId, Organisation>> {
        // Nothing in here panics halfway.
        self.organisations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers a write.
    pub(crate) fn next_sequence(&self) -> i64 {
        self.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Numbers a file.
    pub(crate) fn next_file(&self) -> u64 {
        self.file_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Says that a number of a file is taken.
    pub(crate) fn take_file_number(&self, number: u64) {
        self.file_number.fetch_max(number, Ordering::Relaxed);
    }

    /// The organisations with facts.
    pub(crate) fn organisations(&self) -> Vec<OrganisationId> {
        self.lock().keys().copied().collect()
    }

    /// The facts of an organisation as they are now.
    pub(crate) fn snapshot(&self, organisation: OrganisationId) -> Snapshot {
        self.lock().get(&organisation).map(Organisation::snapshot).unwrap_or_default()
    }

    /// The facts of an organisation as they will be with changes that wait: `changes` are asked for while
    /// nothing here changes. Nothing when there are none to be had, or when a file may have one of these
    /// facts: which row of it that is would have to be looked up for this query alone.
    pub(crate) fn snapshot_with(
        &self,
        organisation: OrganisationId,
        changes: impl FnOnce() -> Option<Vec<(FactId, FactChange)>>,
    ) -> Option<Snapshot> {
        let organisations = self.lock();
        let changes = changes()?;
        let none = Organisation::default();
        let organisation = organisations.get(&organisation).unwrap_or(&none);
        let may_be_in_file =
            |id: FactId| organisation.filters.values().any(|filter| filter.may_have(id.as_uuid()));
        let keys = || changes.iter().map(|(id, _)| id.as_uuid().into_bytes());
        // What files have of a fact of the tail was noted when it came there.
        let is_new = |key: &FactKey| !organisation.tail.has(key);
        if keys().filter(is_new).any(|key| may_be_in_file(FactId::from_uuid(Uuid::from_bytes(key))))
        {
            return None;
        }
        let mut snapshot = Snapshot {
            files: organisation.files.values().cloned().collect(),
            tail: organisation.tail.snapshot_without(keys()),
            sequence: organisation.tail.sequence(),
        };
        drop(organisations);
        let written = changes.iter().filter_map(|(_, change)| change.as_deref());
        snapshot.tail.extend(chunks_of(written.map(|(fact, _)| fact)));
        Some(snapshot)
    }

    /// How many facts are in memory, those that were replaced too.
    pub(crate) fn tail_rows(&self, organisation: OrganisationId) -> usize {
        self.lock().get(&organisation).map_or(0, |organisation| organisation.tail.rows())
    }

    /// What there is of all organisations.
    pub(crate) fn totals(&self) -> FactTotals {
        let organisations = self.lock();
        let mut totals = FactTotals::default();
        for organisation in organisations.values() {
            totals.tail_rows += organisation.tail.rows() as u64;
            for live in organisation.files.values() {
                let written = live.file.entry().written;
                totals.bytes += written.bytes;
                totals.rows += written.rows;
                totals.superseded += live.superseded.len() as u64;
                match live.file.facts() {
                    Ok(_) => totals.files += 1,
                    Err(_) => totals.unreadable += 1,
                }
            }
        }
        totals
    }

    /// As [`Live::snapshot`], and notes from now on which facts are touched, until
    /// [`Live::end_touching`].
    pub(crate) fn begin_touching(&self, organisation: OrganisationId) -> Snapshot {
        let mut organisations = self.lock();
        let organisation = organisations.entry(organisation).or_default();
        organisation.touched = Some(Keys::default());
        organisation.snapshot()
    }

    /// Notes no more which facts are touched.
    pub(crate) fn end_touching(&self, organisation: OrganisationId) {
        if let Some(organisation) = self.lock().get_mut(&organisation) {
            organisation.touched = None;
        }
    }

    /// The facts that were touched so far.
    pub(crate) fn touched(&self, organisation: OrganisationId) -> Vec<FactKey> {
        let organisations = self.lock();
        let touched = organisations.get(&organisation).and_then(|it| it.touched.as_ref());
        touched.into_iter().flatten().copied().collect()
    }

    /// Notes that a fact is about to be written or removed, in a transaction that may be undone.
    pub(crate) fn touch(&self, organisation: OrganisationId, id: FactId) {
        if let Some(organisation) = self.lock().get_mut(&organisation) {
            organisation.touch(id);
        }
    }

    /// The files that may have a fact.
    pub(crate) fn files_that_may_have(&self, organisation: OrganisationId, id: FactId) -> Vec<i64> {
        let organisations = self.lock();
        let filters = organisations.get(&organisation).map(|it| &it.filters).into_iter().flatten();
        let may_have = filters.filter(|(_, filter)| filter.may_have(id.as_uuid()));
        may_have.map(|(file, _)| *file).collect()
    }

    /// Has a file asked for facts that are written, from within the transaction that makes it count.
    pub(crate) fn add_filter(
        &self,
        organisation: OrganisationId,
        file: i64,
        filter: Option<Arc<IdFilter>>,
    ) {
        if let Some(filter) = filter {
            self.lock().entry(organisation).or_default().filters.insert(file, filter);
        }
    }

    /// Does what a commit did.
    pub(crate) fn apply(&self, organisation: OrganisationId, effects: Vec<Effect>) {
        if effects.is_empty() {
            return;
        }
        let mut organisations = self.lock();
        let organisation = organisations.entry(organisation).or_default();
        for effect in effects {
            organisation.apply(effect);
        }
    }

    /// Puts a fact into the tail that was there when the directory was opened.
    pub(crate) fn restore(
        &self,
        organisation: OrganisationId,
        sequence: i64,
        fact: &wayfare_model::fact::Fact,
    ) {
        self.sequence.fetch_max(sequence, Ordering::Relaxed);
        self.lock().entry(organisation).or_default().tail.put(sequence, fact);
    }

    /// Takes facts out of the tail that are kept no longer, unless they were written again: each with
    /// the number of its write.
    pub(crate) fn forget(&self, organisation: OrganisationId, facts: &[(FactKey, i64)]) {
        if let Some(organisation) = self.lock().get_mut(&organisation) {
            facts.iter().for_each(|(id, sequence)| organisation.tail.remove_written(id, *sequence));
        }
    }

    /// Exchanges files: those that do not count any more for those that do now. Facts that went from
    /// the tail into a file leave the tail at the same moment.
    pub(crate) fn exchange(&self, organisation: OrganisationId, exchange: Exchange<'_>) {
        let mut organisations = self.lock();
        let organisation = organisations.entry(organisation).or_default();
        for file in exchange.removed {
            organisation.files.remove(file);
            organisation.filters.remove(file);
        }
        for file in exchange.added {
            organisation.files.insert(file.file.id(), file);
        }
        if exchange.clears_tail {
            organisation.tail = Tail::default();
        }
        for (id, sequence) in exchange.shipped {
            organisation.tail.remove_written(id, *sequence);
        }
    }
}

/// What changes when files do.
#[derive(Debug, Default)]
pub(crate) struct Exchange<'e> {
    pub(crate) removed: &'e [i64],
    pub(crate) added: Vec<LiveFile>,
    /// Whether all facts of the tail are in a file now.
    pub(crate) clears_tail: bool,
    /// Facts of the tail that are in a file now, and the number of their write.
    pub(crate) shipped: &'e [(FactKey, i64)],
}

impl Organisation {
    fn snapshot(&self) -> Snapshot {
        Snapshot {
            files: self.files.values().cloned().collect(),
            tail: self.tail.snapshot(),
            sequence: self.tail.sequence(),
        }
    }

    fn touch(&mut self, id: FactId) {
        if let Some(touched) = &mut self.touched {
            touched.insert(id.as_uuid().into_bytes());
        }
    }

    fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Written(sequence, fact) => {
                self.touch(fact.id);
                self.tail.put(sequence, &fact);
            }
            Effect::Removed(id) => {
                self.touch(id);
                self.tail.remove(id.as_uuid().as_bytes());
            }
            Effect::Superseded(file, id) => {
                if let Some(file) = self.files.get_mut(&file) {
                    Arc::make_mut(&mut file.superseded).push(id.as_uuid().into_bytes());
                }
            }
        }
    }
}
