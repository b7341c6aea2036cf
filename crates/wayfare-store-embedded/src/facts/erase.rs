//! Taking what identifies a customer out of files: they are written anew without it, and count as
//! before.
//!
//! A file is looked at by its dictionaries, so that files without the customer are not read. What was
//! done is seen from the files alone: after a crash it begins anew and finds what is left.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;
use wayfare_engine::aggregates::columns::{Block, Codes, Column, Dictionary, Entry};
use wayfare_model::deletion::{Deletion, Removed};
use wayfare_model::fact::Dimension;
use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::file::{FactKey, Source, canonical_uuid, in_order};
use super::filter::IdFilter;
use super::live::LiveFile;
use super::merge::Merged;
use super::options::{FactOptions, FactStep};
use super::shelf;
use super::ship::impossible;
use crate::database::Database;
use crate::deletions::{Keys, keys};

/// What facts must not say.
struct Erasure {
    customers: HashSet<String>,
    /// What is said instead of a session.
    sessions: HashMap<FactKey, FactKey>,
}

impl Erasure {
    fn new(deletion: &Deletion, keys: Keys) -> Self {
        let pseudonym =
            |session: Uuid| (session.into_bytes(), deletion.pseudonym(session).into_bytes());
        Self {
            customers: keys.customers.into_iter().collect(),
            sessions: keys.sessions.into_iter().map(pseudonym).collect(),
        }
    }

    fn is_erased(&self, customer: &Entry<'_>) -> bool {
        self.customers.contains(customer.text().as_ref())
    }

    fn instead_of(&self, session: &Entry<'_>) -> Option<FactKey> {
        let session = match session {
            Entry::Uuid(uuid) => Some(*uuid),
            Entry::Text(text) => canonical_uuid(text),
        };
        self.sessions.get(&session?).copied()
    }

    /// Whether a block's dictionaries, which all blocks of a file share, have anything to erase.
    fn concerns(&self, block: &Block<'_>) -> bool {
        let entries = |dimension| {
            let dictionary = block.column(dimension).map(|column| column.dictionary);
            dictionary.into_iter().flat_map(|it| (0..).map_while(move |code| it.get(code)))
        };
        entries(Dimension::JourneyCustomerId).any(|entry| self.is_erased(&entry))
            || entries(Dimension::JourneySessionId).any(|entry| self.instead_of(&entry).is_some())
    }
}

/// Columns that replace those of a block.
#[derive(Default)]
struct Replaced {
    /// Codes of customers, as lists of none or more per row.
    customers: Option<(Vec<u32>, Vec<i32>)>,
    /// The entries of sessions.
    sessions: Option<Texts>,
    /// Live facts that lose their customer.
    facts: u64,
}

/// Texts one after the other, and where they begin.
struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Replaced {
    fn new(block: &Block<'_>, erasure: &Erasure) -> Result<Self> {
        let mut replaced = Self::default();
        if let Some(column) = block.column(Dimension::JourneyCustomerId) {
            let erased: Vec<bool> = (0..)
                .map_while(|code| column.dictionary.get(code))
                .map(|entry| erasure.is_erased(&entry))
                .collect();
            let is_erased = |code: &u32| erased.get(*code as usize).copied().unwrap_or_default();
            let mut codes = Vec::with_capacity(block.rows());
            let mut offsets = Vec::with_capacity(block.rows() + 1);
            offsets.push(0);
            for row in 0..block.rows() {
                let before = codes.len();
                let mut all = 0;
                for code in column.codes_of(row) {
                    all += 1;
                    if !is_erased(&code) {
                        codes.push(code);
                    }
                }
                let is_concerned = codes.len() - before < all && !block.is_dead(row);
                replaced.facts += u64::from(is_concerned);
                offsets.push(i32::try_from(codes.len()).map_err(impossible)?);
            }
            replaced.customers = Some((codes, offsets));
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
    /// Takes what identifies a customer out of all files of an organisation.
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
        for file in self.live().snapshot(organisation).files {
            if self.is_closing() {
                return Err(crate::failure::closed());
            }
            self.erase_file(organisation, deletion.id, file, &erasure).await?;
        }
        Ok(())
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
    if count == 0 || !erasure.concerns(&file.file.block(0, &dead)?) {
        return Ok(None);
    }
    let replaced = (0..count)
        .map(|index| Replaced::new(&file.file.block(index, &dead)?, erasure))
        .collect::<Result<Vec<_>>>()?;
    let erased_facts = replaced.iter().map(|replaced| replaced.facts).sum();
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
