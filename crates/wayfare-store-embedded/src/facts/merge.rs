//! Merging small files into larger ones. What counts no more stays behind: what was superseded, and what is
//! too old.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::aggregates::columns::Block;
use wayfare_model::deletion::Removed;
use wayfare_model::id::OrganisationId;
use wayfare_model::limits::FACT_FILE_ROWS_MAX;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::file::{FactKey, Source, in_order};
use super::filter::IdFilter;
use super::live::{Exchange, Keys, Live, LiveFile};
use super::manifest::{self, Entry, Origin};
use super::options::{FactOptions, FactStep};
use super::shelf::{self, Dead, ShelfFile, Shelved};
use crate::database::Database;
use crate::deletions::add_removed;

/// Files of about the same size that are merged into one.
const MERGED_AT_ONCE: usize = 8;
/// Files are about the same size when they are on the same step: each step is so many times larger
/// than the one below.
const STEP: u64 = 8;
/// Files with more rows than this are merged only to get rid of rows that count no more.
const FULL_ROWS: u64 = FACT_FILE_ROWS_MAX as u64 / 4;
/// The share of rows that count no more at which a file is written anew: one in so many.
const SUPERSEDED_SHARE: u64 = 5;

/// A merged file that is on the disk.
pub(super) struct Merged {
    pub(super) origin: Origin,
    pub(super) shelved: Option<(Shelved, Option<Arc<IdFilter>>)>,
    pub(super) sources: Vec<LiveFile>,
}

impl Database {
    /// Merges some files of an organisation, without the facts that were emitted before a moment if
    /// there is one. Whether there was something to do.
    pub(super) async fn merge(
        &self,
        organisation: OrganisationId,
        forgotten_before: Option<i64>,
    ) -> Result<bool> {
        let files = self.live().snapshot(organisation).files;
        let since = forgotten_before.unwrap_or(i64::MIN);
        let Some(sources) = self.work(move || Ok(choose(files, since))).await? else {
            return Ok(false);
        };
        let options = self.fact_options();
        let (directory, number) = (self.directory().to_owned(), self.live().next_file());
        let merged = self
            .work(move || make(directory, organisation, number, sources, since, &options))
            .await?;
        options.step(FactStep::DuringMerge);
        self.exchange_merged(organisation, merged, None).await?;
        Ok(true)
    }

    /// Makes a merged file count and removes those it was made of. What a deletion has removed by it
    /// is counted in the same transaction.
    pub(super) async fn exchange_merged(
        &self,
        organisation: OrganisationId,
        merged: Merged,
        removed: Option<(Uuid, Removed)>,
    ) -> Result<()> {
        let path =
            merged.shelved.as_ref().map(|(it, _)| shelf::path_of(self.directory(), &it.name));
        let counted = self.count_merged(organisation, merged, removed).await;
        let sources = counted.inspect_err(|error| match (&path, error) {
            (None, _) | (_, Error::Uncertain { .. }) => {}
            (Some(path), _) => shelf::remove(path),
        })?;
        self.fact_options().step(FactStep::AfterMerge);
        self.remove_files(sources.into_iter().map(|source| source.file).collect()).await
    }

    async fn count_merged(
        &self,
        organisation: OrganisationId,
        merged: Merged,
        removed: Option<(Uuid, Removed)>,
    ) -> Result<Vec<LiveFile>> {
        let directory = self.directory().to_owned();
        let (live, applied) = (Arc::clone(self.live()), Arc::clone(self.live()));
        let work = move |connection: &Connection| {
            let counted = count(connection, organisation, &merged, &live)?;
            if let Some((deletion, removed)) = removed {
                add_removed(connection, organisation.as_uuid(), deletion, removed)?;
            }
            Ok((counted, merged))
        };
        let then = move |(counted, merged): (Option<(i64, Entry, Vec<FactKey>)>, Merged)| {
            let removed: Vec<i64> = merged.sources.iter().map(|source| source.file.id()).collect();
            let added = counted.map(|(id, entry, superseded)| LiveFile {
                file: Arc::new(ShelfFile::open(&directory, id, entry)),
                superseded: Arc::new(superseded),
            });
            let added = added.into_iter().collect();
            let exchange = Exchange { removed: &removed, added, ..Exchange::default() };
            applied.exchange(organisation, exchange);
            merged.sources
        };
        self.write_then(work, then).await
    }

    /// Removes files that do not count any more from the disk.
    pub(super) async fn remove_files(&self, files: Vec<Arc<ShelfFile>>) -> Result<()> {
        self.work(move || {
            files.iter().for_each(|file| shelf::remove(file.path()));
            Ok(())
        })
        .await
    }
}

/// The files to merge: of the same origin and size, those that follow each other in time; or one with
/// too many rows that count no more.
fn choose(files: Vec<LiveFile>, since: i64) -> Option<Vec<LiveFile>> {
    let mut files: Vec<_> = files.into_iter().filter(|it| it.file.facts().is_ok()).collect();
    files.sort_by_key(|it| (it.file.entry().written.emitted.min, it.file.id()));
    let mut steps: BTreeMap<(bool, u32), Vec<&LiveFile>> = BTreeMap::new();
    for live in &files {
        let Entry { origin, written, .. } = live.file.entry();
        let superseded = live.superseded.len() as u64 + older(&live.file, since);
        if superseded * SUPERSEDED_SHARE > written.rows {
            return Some(vec![live.clone()]);
        }
        if written.rows < FULL_ROWS {
            let step = written.rows.max(1).ilog(STEP);
            steps.entry((*origin == Origin::Own, step)).or_default().push(live);
        }
    }
    let mut steps = steps.into_values();
    let enough = steps.find(|step| step.len() >= MERGED_AT_ONCE)?;
    Some(enough.into_iter().take(MERGED_AT_ONCE).cloned().collect())
}

/// How many facts of a file were emitted before a moment.
fn older(file: &ShelfFile, since: i64) -> u64 {
    let Ok(facts) = file.facts() else { return 0 };
    if file.entry().written.emitted.min >= since {
        return 0;
    }
    let none = Dead::new();
    let blocks = (0..facts.blocks()).filter_map(|index| file.block(index, &none).ok());
    let of_block = |block: Block<'_>| block.emitted().partition_point(|emitted| *emitted < since);
    blocks.map(|block| of_block(block) as u64).sum()
}

/// Writes the merged file, with the facts since a moment.
fn make(
    directory: PathBuf,
    organisation: OrganisationId,
    number: u64,
    sources: Vec<LiveFile>,
    since: i64,
    options: &FactOptions,
) -> Result<Merged> {
    sources.iter().try_for_each(|source| source.file.check_content())?;
    let origin = sources.first().map_or(Origin::Own, |source| source.file.entry().origin);
    let dead = (sources.iter())
        .map(|source| source.file.dead(&source.superseded))
        .collect::<Result<Vec<Arc<Dead>>>>()?;
    let mut blocks = Vec::new();
    for (live, dead) in sources.iter().zip(&dead) {
        let facts = live.file.facts()?;
        for index in 0..facts.blocks() {
            let block = live.file.block(index, dead)?;
            blocks.push(Source { block, ids: facts.ids(index) });
        }
    }
    let order = in_order(&blocks, |place| place.emitted >= since);
    let shelved = shelf::shelve(&directory, organisation, number, &blocks, &order, options)?;
    let shelved = shelved.map(|shelved| {
        let id = |place: &super::file::Place| {
            let ids = blocks.get(place.source as usize).map_or(&[][..], |block| block.ids);
            ids.get(place.row as usize).copied()
        };
        let ids: Vec<FactKey> = order.iter().filter_map(id).collect();
        let filter = (!ids.is_empty()).then(|| Arc::new(IdFilter::of(ids.into_iter())));
        (shelved, filter)
    });
    drop(blocks);
    Ok(Merged { origin, shelved, sources })
}

/// Within the transaction that makes the merged file count and those it was made of not: its id, and
/// which of its facts were superseded since.
fn count(
    connection: &Connection,
    organisation: OrganisationId,
    merged: &Merged,
    live: &Live,
) -> Result<Option<(i64, Entry, Vec<FactKey>)>> {
    let (mut superseded, mut origins) = (Vec::new(), Vec::new());
    for source in &merged.sources {
        origins.extend(manifest::origins_of(connection, source.file.id())?);
        let known: Keys = source.superseded.iter().copied().collect();
        let now = manifest::superseded(connection, source.file.id())?;
        superseded.extend(now.into_iter().filter(|id| !known.contains(id)));
        manifest::remove(connection, source.file.id())?;
    }
    let Some((Shelved { name, written }, filter)) = &merged.shelved else { return Ok(None) };
    let entry = Entry { name: name.clone(), origin: merged.origin, written: *written };
    let id = manifest::insert(connection, organisation.as_uuid(), &entry, filter.as_deref())?;
    origins.iter().try_for_each(|digest| manifest::note_origin(connection, id, digest))?;
    live.add_filter(organisation, id, filter.clone());
    for fact in &superseded {
        manifest::supersede(connection, id, Uuid::from_bytes(*fact))?;
    }
    Ok(Some((id, entry, superseded)))
}
