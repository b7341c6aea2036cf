//! Making files of facts that come one by one, when there are more of them than memory should hold.

use std::path::Path;

use wayfare_engine::aggregates::columns::FactColumns;
use wayfare_model::fact::Fact;
use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::file::{FactKey, Place, Source, in_order};
use super::filter::IdFilter;
use super::live::Live;
use super::options::FactOptions;
use super::shelf::{self, Shelved};
use super::ship::impossible;

/// A file that was made.
pub(super) struct Gathered {
    pub(super) shelved: Shelved,
    pub(super) filter: IdFilter,
}

/// Where files are made, and of whose facts.
#[derive(Clone, Copy)]
pub(super) struct Shelf<'s> {
    pub(super) directory: &'s Path,
    pub(super) organisation: OrganisationId,
    pub(super) live: &'s Live,
    pub(super) options: FactOptions,
}

/// Facts that are gathered.
pub(super) struct Gathering<'s> {
    shelf: Shelf<'s>,
    columns: FactColumns,
    ids: Vec<FactKey>,
    made: Vec<Gathered>,
}

impl Shelf<'_> {
    /// Makes files of all facts that `each` adds; none counts yet. When that fails, they are removed.
    ///
    /// Blocks.
    pub(super) fn gather(
        self,
        each: impl FnOnce(&mut Gathering<'_>) -> Result<()>,
    ) -> Result<Vec<Gathered>> {
        let mut gathering = Gathering {
            shelf: self,
            columns: FactColumns::default(),
            ids: Vec::new(),
            made: Vec::new(),
        };
        match each(&mut gathering).and_then(|()| gathering.shelve()) {
            Ok(()) => Ok(gathering.made),
            Err(error) => {
                for made in &gathering.made {
                    shelf::remove(&shelf::path_of(self.directory, &made.shelved.name));
                }
                Err(error)
            }
        }
    }
}

impl Gathering<'_> {
    /// Adds a fact.
    pub(super) fn add(&mut self, fact: &Fact) -> Result<()> {
        if self.ids.len() >= self.shelf.options.gathered_rows_max {
            self.shelve()?;
        }
        if self.columns.push(fact).is_err() {
            // Texts may be too long for more in one file; an empty one has room for any fact.
            self.shelve()?;
            self.columns.push(fact).map_err(impossible)?;
        }
        self.ids.push(fact.id.as_uuid().into_bytes());
        Ok(())
    }

    /// Makes a file of facts that lie elsewhere; gives how many.
    pub(super) fn add_places(&mut self, sources: &[Source<'_>], order: &[Place]) -> Result<u64> {
        if order.is_empty() {
            return Ok(0);
        }
        let id = |place: &Place| {
            let ids = sources.get(place.source as usize).map_or(&[][..], |source| source.ids);
            ids.get(place.row as usize).copied()
        };
        let ids: Vec<FactKey> = order.iter().filter_map(id).collect();
        let Shelf { directory, organisation, live, options } = self.shelf;
        let number = live.next_file();
        let shelved = shelf::shelve(directory, organisation, number, sources, order, &options)?;
        if let Some(shelved) = shelved {
            self.made.push(Gathered { shelved, filter: IdFilter::of(ids.into_iter()) });
        }
        Ok(order.len() as u64)
    }

    /// The files that were made so far.
    pub(super) fn made(&self) -> &[Gathered] {
        &self.made
    }

    /// Where files are made.
    pub(super) const fn shelf(&self) -> Shelf<'_> {
        self.shelf
    }

    /// Makes a file of what was added and is in none yet.
    pub(super) fn shelve(&mut self) -> Result<()> {
        let columns = std::mem::take(&mut self.columns);
        let ids = std::mem::take(&mut self.ids);
        let block = columns.block().map_err(impossible)?;
        let sources = [Source { block, ids: &ids }];
        let order = in_order(&sources, |_| true);
        self.add_places(&sources, &order).map(|_| ())
    }
}
