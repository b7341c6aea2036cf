//! Shipping: facts go from the tail into a file.
//!
//! The file is made of the tail in memory while commits go on. One transaction makes it count and
//! notes that the rows it was made of are only waiting to be deleted; they are deleted some at a
//! time, since the one thread that writes must not be kept for long.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use foldhash::fast::FixedState;
use rusqlite::Connection;
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::file::{FactKey, Source, in_order};
use super::filter::IdFilter;
use super::live::{Exchange, Live, LiveFile, Snapshot};
use super::manifest::{self, Entry, Origin};
use super::options::{FactOptions, FactStep};
use super::rows::{self, Shipped};
use super::shelf::{self, ShelfFile, Shelved};
use crate::database::Database;

/// Rows that are deleted in one transaction: some ten milliseconds.
const DELETED_AT_ONCE: usize = 1_000;

/// A file that was made of the tail.
struct Made {
    shelved: Shelved,
    filter: Arc<IdFilter>,
    /// Its facts, and the number of their writes.
    facts: Vec<(FactKey, i64)>,
    shipped: Shipped,
}

impl Database {
    /// Makes a file of the facts of an organisation that are old enough, or of the older half when
    /// there are too many. Whether there was something to do.
    pub(super) async fn ship(&self, organisation: OrganisationId, now: Moment) -> Result<bool> {
        let options = self.fact_options();
        let live = Arc::clone(self.live());
        let before = now.as_ms().saturating_sub(options.ship_after_ms);
        let Some(before) = emitted_before(&live.snapshot(organisation), before, &options)? else {
            return Ok(false);
        };
        // What an earlier shipping could not delete.
        self.write(rows::delete_all_shipped).await?;
        let snapshot = live.begin_touching(organisation);
        let done = self.ship_snapshot(organisation, snapshot, before).await;
        live.end_touching(organisation);
        done
    }

    async fn ship_snapshot(
        &self,
        organisation: OrganisationId,
        snapshot: Snapshot,
        before: i64,
    ) -> Result<bool> {
        let options = self.fact_options();
        let directory = self.directory().to_owned();
        let number = self.live().next_file();
        let made = self
            .work(move || make(directory, organisation, number, &snapshot, before, &options))
            .await?;
        let Some(made) = made else { return Ok(false) };
        let path = shelf::path_of(self.directory(), &made.shelved.name);
        let counted = self.count_shipped(organisation, made).await;
        let facts = counted.inspect_err(|error| {
            // When it is uncertain whether the file counts, it stays until the next opening.
            if !matches!(error, Error::Uncertain { .. }) {
                shelf::remove(&path);
            }
        })?;
        options.step(FactStep::AfterManifest);
        self.delete_shipped(organisation, facts).await?;
        Ok(true)
    }

    /// Makes the file count.
    async fn count_shipped(
        &self,
        organisation: OrganisationId,
        made: Made,
    ) -> Result<Vec<(FactKey, i64)>> {
        let options = self.fact_options();
        let directory = self.directory().to_owned();
        let (live, applied) = (Arc::clone(self.live()), Arc::clone(self.live()));
        let filter = Arc::clone(&made.filter);
        let work = move |connection: &Connection| {
            options.step(FactStep::BeforeManifest);
            let (id, entry, superseded) = count(connection, organisation, &made, &live)?;
            options.step(FactStep::InManifest);
            Ok((id, entry, superseded, made.facts))
        };
        let then = move |(id, entry, superseded, facts): (i64, Entry, Vec<FactKey>, Vec<_>)| {
            let file = Arc::new(ShelfFile::open(&directory, id, entry));
            let added = vec![LiveFile { file, superseded: Arc::new(superseded) }];
            let exchange = Exchange { added, shipped: &facts, ..Exchange::default() };
            applied.exchange(organisation, exchange);
            applied.add_filter(organisation, id, Some(filter));
            facts
        };
        self.write_then(work, then).await
    }

    /// Deletes the rows of facts that are in a file.
    async fn delete_shipped(
        &self,
        organisation: OrganisationId,
        facts: Vec<(FactKey, i64)>,
    ) -> Result<()> {
        let options = self.fact_options();
        let organisation = organisation.as_uuid();
        for some in facts.chunks(DELETED_AT_ONCE) {
            let some = some.to_owned();
            self.write(move |connection| {
                some.into_iter().try_for_each(|(id, sequence)| {
                    let id = Uuid::from_bytes(id);
                    rows::delete_written(connection, organisation, id, sequence)
                })
            })
            .await?;
            options.step(FactStep::DuringDelete);
        }
        self.write(move |connection| rows::end_shipped(connection, organisation)).await
    }
}

/// The moment before which facts are shipped; nothing when there are too few.
fn emitted_before(snapshot: &Snapshot, before: i64, options: &FactOptions) -> Result<Option<i64>> {
    let mut emitted = Vec::new();
    let mut rows = 0;
    for chunk in &snapshot.tail {
        let block = chunk.block().map_err(impossible)?;
        rows += block.rows();
        let live = (block.emitted().iter().enumerate()).filter(|(row, _)| !block.is_dead(*row));
        emitted.extend(live.map(|(_, emitted)| *emitted));
    }
    let old = emitted.iter().filter(|emitted| **emitted < before).count();
    if old > 0 && old >= options.ship_rows_min {
        return Ok(Some(before));
    }
    if rows <= options.tail_rows_max || emitted.is_empty() {
        return Ok(None);
    }
    let middle = emitted.len() / 2;
    let (_, middle, _) = emitted.select_nth_unstable(middle);
    Ok(Some(middle.saturating_add(1)))
}

/// Writes the file.
fn make(
    directory: PathBuf,
    organisation: OrganisationId,
    number: u64,
    snapshot: &Snapshot,
    before: i64,
    options: &FactOptions,
) -> Result<Option<Made>> {
    let sources = (snapshot.tail.iter())
        .map(|chunk| Ok(Source { block: chunk.block().map_err(impossible)?, ids: chunk.ids() }))
        .collect::<Result<Vec<_>>>()?;
    let order = in_order(&sources, |place| place.emitted < before);
    let shelved = shelf::shelve(&directory, organisation, number, &sources, &order, options)?;
    let Some(shelved) = shelved else { return Ok(None) };
    let fact = |place: &super::file::Place| {
        let chunk = snapshot.tail.get(place.source as usize)?;
        let row = place.row as usize;
        Some((*chunk.ids().get(row)?, *chunk.sequences().get(row)?))
    };
    let facts: Vec<_> = order.iter().filter_map(fact).collect();
    let filter = Arc::new(IdFilter::of(facts.iter().map(|(id, _)| *id)));
    let shipped = Shipped { emitted_before: before, sequence_max: snapshot.sequence };
    Ok(Some(Made { shelved, filter, facts, shipped }))
}

/// Within the transaction that makes the file count: its id, and which of its facts were written or
/// removed since it was made.
fn count(
    connection: &Connection,
    organisation: OrganisationId,
    made: &Made,
    live: &Live,
) -> Result<(i64, Entry, Vec<FactKey>)> {
    let uuid = organisation.as_uuid();
    let Shelved { name, written } = &made.shelved;
    let entry = Entry { name: name.clone(), origin: Origin::Own, written: *written };
    let id = manifest::insert(connection, uuid, &entry, Some(&made.filter))?;
    // From here on, whoever writes one of its facts knows that this file may have it.
    live.add_filter(organisation, id, Some(Arc::clone(&made.filter)));
    let sequences: HashMap<_, _, FixedState> = made.facts.iter().copied().collect();
    let mut superseded = Vec::new();
    for key in live.touched(organisation) {
        let Some(shipped) = sequences.get(&key) else { continue };
        let fact = Uuid::from_bytes(key);
        // A transaction that was undone has changed nothing.
        if rows::sequence_of(connection, uuid, fact)? != Some(*shipped) {
            manifest::supersede(connection, id, fact)?;
            superseded.push(key);
        }
    }
    rows::note_shipped(connection, uuid, made.shipped)?;
    Ok((id, entry, superseded))
}

/// The error for columns of memory that do not fit together, which does not happen.
pub(super) fn impossible(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable { context: "reading facts in memory".to_owned(), source: Box::new(error) }
}
