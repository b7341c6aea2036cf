//! Taking what identifies a customer out of files: they are written anew without it, and count as
//! before.
//!
//! Our own facts are found by their sessions, which belong to the customer alone; imported ones also by
//! the customer that they name. What was done is seen from the files alone: after a crash it begins
//! anew and finds what is left.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;
use wayfare_engine::aggregates::columns::{Block, Codes, Column, Dictionary, Entry};
use wayfare_model::customer::CustomerKey;
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::fact::Dimension;
use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::file::{FactKey, Source, canonical_uuid, in_order};
use super::filter::IdFilter;
use super::live::LiveFile;
use super::manifest::Origin;
use super::merge::Merged;
use super::options::{FactOptions, FactStep};
use super::shelf;
use super::ship::impossible;
use crate::database::Database;
use crate::deletions::{Keys, keys};

/// What facts must not say.
struct Erasure {
    customers: Vec<CustomerKey>,
    /// What is said instead of a session.
    sessions: HashMap<FactKey, FactKey>,
}

/// Which entries of a dictionary are meant, by their codes.
pub(super) type Marks = Vec<bool>;

pub(super) fn is_marked(marks: &[bool], code: u32) -> bool {
    marks.get(code as usize).copied().unwrap_or_default()
}

impl Erasure {
    fn new(deletion: &Deletion, keys: Keys) -> Self {
        let pseudonym =
            |session: Uuid| (session.into_bytes(), deletion.pseudonym(session).into_bytes());
        let sessions = keys.sessions.into_iter().map(pseudonym).collect();
        Self { customers: keys.customers, sessions }
    }

    fn instead_of(&self, session: &Entry<'_>) -> Option<FactKey> {
        let session = match session {
            Entry::Uuid(uuid) => Some(*uuid),
            Entry::Text(text) => canonical_uuid(text),
        };
        self.sessions.get(&session?).copied()
    }

    /// The sessions of a dictionary that are erased.
    fn sessions(&self, block: &Block<'_>) -> Marks {
        marks(block, Dimension::JourneySessionId, |entry| self.instead_of(entry).is_some())
    }

    /// The live facts of a block that are about a customer, by its rows: those of its sessions and,
    /// when they were imported, those that name it.
    fn facts(&self, block: &Block<'_>, is_imported: bool) -> Marks {
        let sessions = self.sessions(block);
        let mut facts: Marks = (0..block.rows())
            .map(|row| {
                codes(block, Dimension::JourneySessionId, row).any(|it| is_marked(&sessions, it))
            })
            .collect();
        let customers = if is_imported { &self.customers[..] } else { &[] };
        for customer in customers {
            let id = |entry: &Entry<'_>| entry.text() == customer.id;
            let ids = marks(block, Dimension::JourneyCustomerId, id);
            if !ids.contains(&true) {
                continue;
            }
            let id_type = |entry: &Entry<'_>| entry.text() == customer.id_type;
            let types = marks(block, Dimension::JourneyCustomerIdType, id_type);
            for (row, fact) in facts.iter_mut().enumerate() {
                let mut named = codes(block, Dimension::JourneyCustomerId, row);
                let mut typed = codes(block, Dimension::JourneyCustomerIdType, row).peekable();
                // Without a type it is taken for the customer.
                let is_of_type = typed.peek().is_none() || typed.any(|it| is_marked(&types, it));
                *fact |= is_of_type && named.any(|it| is_marked(&ids, it));
            }
        }
        for (row, fact) in facts.iter_mut().enumerate() {
            *fact &= !block.is_dead(row);
        }
        facts
    }
}

/// The entries of a dimension's dictionary of which something holds.
pub(super) fn marks(
    block: &Block<'_>,
    dimension: Dimension,
    mut holds: impl FnMut(&Entry<'_>) -> bool,
) -> Marks {
    let Some(column) = block.column(dimension) else { return Vec::new() };
    let entries = (0..).map_while(|code| column.dictionary.get(code));
    entries.map(|entry| holds(&entry)).collect()
}

/// The codes of a fact.
pub(super) fn codes<'b>(
    block: &'b Block<'_>,
    dimension: Dimension,
    row: usize,
) -> impl Iterator<Item = u32> + 'b {
    block.column(dimension).into_iter().flat_map(move |column| column.codes_of(row))
}

/// Columns that replace those of a block.
#[derive(Default)]
struct Replaced {
    /// Codes of customers, as lists of none or more per row.
    customers: Option<(Vec<u32>, Vec<i32>)>,
    /// The entries of sessions.
    sessions: Option<Texts>,
}

/// Texts one after the other, and where they begin.
struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Replaced {
    /// The columns of a block without the customers of these facts.
    fn new(block: &Block<'_>, facts: &[bool], erasure: &Erasure) -> Result<Self> {
        let mut replaced = Self::default();
        if block.column(Dimension::JourneyCustomerId).is_some() {
            let mut kept = Vec::with_capacity(block.rows());
            let mut offsets = Vec::with_capacity(block.rows() + 1);
            offsets.push(0);
            for (row, is_erased) in facts.iter().enumerate() {
                if !is_erased {
                    kept.extend(codes(block, Dimension::JourneyCustomerId, row));
                }
                offsets.push(i32::try_from(kept.len()).map_err(impossible)?);
            }
            replaced.customers = Some((kept, offsets));
        }
        if let Some(column) = block.column(Dimension::JourneySessionId) {
            let mut texts = Texts { offsets: vec![0], bytes: Vec::new() };
            for entry in (0..).map_while(|code| column.dictionary.get(code)) {
                let instead = erasure.instead_of(&entry).map(Entry::Uuid);
                let entry = instead.unwrap_or(entry);
                texts.bytes.extend_from_slice(entry.text().as_bytes());
                texts.offsets.push(i32::try_from(texts.bytes.len()).map_err(impossible)?);
            }
            replaced.sessions = Some(texts);
        }
        Ok(replaced)
    }

    /// The block with these columns.
    fn apply<'b>(&'b self, block: Block<'b>) -> Result<Block<'b>> {
        let mut block = block;
        let customers = block.column(Dimension::JourneyCustomerId).copied();
        if let (Some(column), Some((codes, offsets))) = (customers, &self.customers) {
            let column = Column {
                codes: Codes::U32(codes),
                validity: None,
                offsets: Some(offsets),
                dictionary: column.dictionary,
            };
            block = block.with_column(Dimension::JourneyCustomerId, column).map_err(impossible)?;
        }
        let sessions = block.column(Dimension::JourneySessionId).copied();
        if let (Some(column), Some(Texts { offsets, bytes })) = (sessions, &self.sessions) {
            let column = Column { dictionary: Dictionary::Texts { offsets, bytes }, ..column };
            block = block.with_column(Dimension::JourneySessionId, column).map_err(impossible)?;
        }
        Ok(block)
    }
}

impl Database {
    /// Takes what identifies a customer out of all files of an organisation. A file that cannot be
    /// read or written does not keep the others from it.
    pub(crate) async fn erase_files(
        &self,
        organisation: OrganisationId,
        deletion: &Deletion,
    ) -> Result<()> {
        // A file that is being made of older facts is finished first.
        let _turn = self.maintenance().lock().await;
        let (uuid, id) = (organisation.as_uuid(), deletion.id);
        let keys = self.read(move |connection| keys(connection, uuid, id)).await?;
        let erasure = Arc::new(Erasure::new(deletion, keys));
        let mut erased = Ok(());
        for file in self.live().snapshot(organisation).files {
            if self.is_closing() {
                return Err(crate::failure::closed());
            }
            erased = erased.and(self.erase_file(organisation, deletion.id, file, &erasure).await);
        }
        erased
    }

    async fn erase_file(
        &self,
        organisation: OrganisationId,
        deletion: Uuid,
        file: LiveFile,
        erasure: &Arc<Erasure>,
    ) -> Result<()> {
        let options = self.fact_options();
        let (directory, number) = (self.directory().to_owned(), self.live().next_file());
        let erasure = Arc::clone(erasure);
        let made = self
            .work(move || make(directory, organisation, number, file, &erasure, &options))
            .await?;
        let Some((merged, facts)) = made else { return Ok(()) };
        options.step(FactStep::DuringMerge);
        let removed = Removed { facts, fact_files: 1, ..Removed::default() };
        self.exchange_merged(organisation, merged, Some((deletion, removed))).await
    }
}

/// Writes a file anew, if it has anything to erase; with the number of facts that lost something.
fn make(
    directory: PathBuf,
    organisation: OrganisationId,
    number: u64,
    file: LiveFile,
    erasure: &Erasure,
    options: &FactOptions,
) -> Result<Option<(Merged, u64)>> {
    let facts = file.file.facts()?;
    let dead = file.file.dead(&file.superseded)?;
    let count = facts.blocks();
    let is_imported = file.file.entry().origin == Origin::Imported;
    let mut erased_facts = 0;
    let mut marked = Vec::with_capacity(count);
    let mut is_concerned = false;
    for index in 0..count {
        let block = file.file.block(index, &dead)?;
        // Facts that count no more name their sessions, too.
        is_concerned |= erasure.sessions(&block).contains(&true);
        let marks = erasure.facts(&block, is_imported);
        erased_facts += marks.iter().filter(|is_marked| **is_marked).count() as u64;
        marked.push(marks);
    }
    if !is_concerned && erased_facts == 0 {
        return Ok(None);
    }
    file.file.check_content()?;
    let replaced = marked
        .iter()
        .enumerate()
        .map(|(index, facts)| Replaced::new(&file.file.block(index, &dead)?, facts, erasure))
        .collect::<Result<Vec<_>>>()?;
    let blocks = replaced
        .iter()
        .enumerate()
        .map(|(index, replaced)| {
            let block = replaced.apply(file.file.block(index, &dead)?)?;
            Ok(Source { block, ids: facts.ids(index) })
        })
        .collect::<Result<Vec<_>>>()?;
    let order = in_order(&blocks, |_| true);
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
    let origin = file.file.entry().origin;
    Ok(Some((Merged { origin, shelved, sources: vec![file] }, erased_facts)))
}
