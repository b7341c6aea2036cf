//! Checking everything there is to check of an organisation's facts.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::Path;

use foldhash::fast::FixedState;
use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::aggregates::columns::Block;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::file::FactKey;
use super::live::{LiveFile, Snapshot};
use super::manifest::{self, Origin};
use super::shelf;
use super::ship::impossible;
use crate::database::Database;
use crate::row::Stored;
use crate::sql;

/// Ids that are in memory at once, some 40 bytes each: those of more facts are looked at in turns.
const IDS_AT_ONCE: u64 = 1 << 21;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// The files, in the order they were made.
    pub files: Vec<VerifiedFile>,
    /// Facts that are in no file yet.
    pub unshipped: u64,
    /// What is wrong beyond single files.
    pub problems: Vec<String>,
    /// Below the directory of facts, what the manifest does not name: nobody reads it.
    pub strays: Vec<String>,
}

/// What was found of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedFile {
    /// Its name below the directory of facts.
    pub name: String,
    /// Its facts, those that count no more too.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
    /// Whether its facts were imported; others follow from sessions and assignments.
    pub imported: bool,
    /// The names of the files that its facts were imported from.
    pub imports: Vec<String>,
    /// The first thing that is wrong with it.
    pub problem: Option<String>,
}

impl Verified {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty() && self.files.iter().all(|file| file.problem.is_none())
    }
}

/// What sessions and assignments say of the facts that there must be.
///
/// Facts of customers that were deleted name a session and no customer, and nothing else is left of
/// them.
struct Truth {
    sessions: u64,
    /// Made in a session.
    assignments: u64,
    /// Made by clients on a contact.
    by_hand: u64,
    rows: u64,
}

impl Database {
    /// `is_kept`: every fact is kept, so that there must be one of each session and assignment.
    pub(crate) async fn verify_facts(
        &self,
        organisation: OrganisationId,
        is_kept: bool,
    ) -> Result<Verified> {
        let _turn = self.maintenance().lock().await;
        self.flush().await?;
        let snapshot = self.live().snapshot(organisation);
        let truth = self.read(move |it| truth(it, organisation.as_uuid())).await?;
        let named = self.read(manifest::names).await?;
        let imports = self.read(move |it| import_names(it, organisation.as_uuid())).await?;
        let directory = self.directory().join(shelf::DIRECTORY);
        self.work(move || {
            let mut verified = verify(&snapshot, &truth, imports, is_kept)?;
            match strays(&directory, &named) {
                Ok(strays) => verified.strays = strays,
                Err(error) => verified
                    .problems
                    .push(format!("the directory {} cannot be read: {error}", directory.display())),
            }
            Ok(verified)
        })
        .await
    }
}

fn truth(connection: &Connection, organisation: Uuid) -> Result<Truth> {
    const SESSIONS: &str = "SELECT count(*) FROM session WHERE organisation = ?";
    // One fact for the making of an assignment, one for its end.
    const ASSIGNMENTS: &str = "SELECT count(*) + coalesce(sum(holds = 0), 0) FROM assignment
        WHERE organisation = ? AND session IS NOT NULL";
    const BY_HAND: &str = "SELECT count(*) + coalesce(sum(holds = 0), 0) FROM assignment
        WHERE organisation = ? AND session IS NULL";
    const FACTS: &str = "SELECT count(*) FROM fact WHERE organisation = ?";
    let count = |sql| {
        let counted = sql::first(connection, sql, [organisation], |row| {
            Stored::new("sqlite_schema", 0, row).count(0)
        })?;
        Ok(counted.unwrap_or_default())
    };
    Ok(Truth {
        sessions: count(SESSIONS)?,
        assignments: count(ASSIGNMENTS)?,
        by_hand: count(BY_HAND)?,
        rows: count(FACTS)?,
    })
}

/// By file, the names of what its facts were imported from.
fn import_names(connection: &Connection, organisation: Uuid) -> Result<BTreeMap<i64, Vec<String>>> {
    let imports = manifest::imports(connection, organisation)?;
    let names: BTreeMap<_, _> = imports.into_iter().map(|it| (it.digest, it.name)).collect();
    let mut by_file: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (file, digest) in manifest::origins(connection, organisation)? {
        by_file.entry(file).or_default().extend(names.get(&digest).cloned());
    }
    Ok(by_file)
}

/// What is counted of our own facts.
#[derive(Default)]
pub(super) struct Own {
    sessions: u64,
    assignments: u64,
    by_hand: u64,
    rows: u64,
}

impl Own {
    fn add(&mut self, block: &Block<'_>) {
        for row in (0..block.rows()).filter(|row| !block.is_dead(*row)) {
            let names = |dimension| {
                block.column(dimension).is_some_and(|it| it.codes_of(row).next().is_some())
            };
            let metric = block.metric(row);
            let is_assignment = metric == Some(Metric::JourneySegmentsAssigned);
            if names(Dimension::JourneyCustomerId) {
                self.sessions += u64::from(metric == Some(Metric::JourneySessions));
                self.assignments += u64::from(is_assignment);
            } else if !names(Dimension::JourneySessionId) {
                self.by_hand += u64::from(is_assignment);
            }
            self.rows += 1;
        }
    }
}

fn verify(
    snapshot: &Snapshot,
    truth: &Truth,
    mut imports: BTreeMap<i64, Vec<String>>,
    is_kept: bool,
) -> Result<Verified> {
    let mut own = Own::default();
    let mut verified = Verified::default();
    for live in &snapshot.files {
        let entry = live.file.entry();
        let (rows, bytes) = (entry.written.rows, entry.written.bytes);
        let problem = check(live, &mut own).err();
        let imported = entry.origin == Origin::Imported;
        let name = entry.name.clone();
        let imports = imports.remove(&live.file.id()).unwrap_or_default();
        verified.files.push(VerifiedFile { name, rows, bytes, imported, imports, problem });
    }
    for chunk in &snapshot.tail {
        let block = chunk.block().map_err(impossible)?;
        let alive = (0..block.rows()).filter(|row| !block.is_dead(*row)).count();
        verified.unshipped += alive as u64;
        own.add(&block);
    }
    let twice = count_twice(snapshot, own.rows)?;
    let mut compare = |what: &str, found: u64, expected: u64| {
        if found != expected {
            verified.problems.push(format!("{found} {what}, but there must be {expected}"));
        }
    };
    compare("facts in memory", verified.unshipped, truth.rows);
    compare("facts are there twice", twice, 0);
    // What was forgotten is not in the facts any more.
    if is_kept {
        compare("facts of sessions", own.sessions, truth.sessions);
        compare("facts of assignments and their ends", own.assignments, truth.assignments);
        // Those of deleted contacts are counted still.
        let by_hand = own.by_hand.min(truth.by_hand);
        compare("facts of assignments by clients and their ends", by_hand, truth.by_hand);
    }
    Ok(verified)
}

/// Checks a file, and counts its facts when they are our own.
pub(super) fn check(live: &LiveFile, own: &mut Own) -> std::result::Result<(), String> {
    let text = |error: wayfare_store::Error| error.to_string();
    if let Err(error) = live.file.check_content() {
        let problem = live.file.problem();
        return Err(problem.map_or_else(|| error.to_string(), ToString::to_string));
    }
    let facts = live.file.facts().map_err(text)?;
    let dead = live.file.dead(&live.superseded).map_err(text)?;
    let mut last = i64::MIN;
    for index in 0..facts.blocks() {
        let block = live.file.block(index, &dead).map_err(text)?;
        check_block(&block, &mut last)?;
        if live.file.entry().origin == Origin::Own {
            if facts.ids(index).len() != block.rows() {
                return Err("its facts have no ids".to_owned());
            }
            own.add(&block);
        }
    }
    Ok(())
}

/// How many of our own facts that count have an id that another one has.
fn count_twice(snapshot: &Snapshot, rows: u64) -> Result<u64> {
    let turns = rows.div_ceil(IDS_AT_ONCE).max(1);
    let mut twice = 0;
    for turn in 0..turns {
        let mut seen = HashSet::<FactKey, FixedState>::default();
        // An id is made by hashing: its last bytes share the work out evenly.
        let mut look = |block: &Block<'_>, ids: &[FactKey]| {
            for (row, id) in ids.iter().enumerate() {
                let number = u128::from_be_bytes(*id) as u64;
                if number % turns == turn && !block.is_dead(row) && !seen.insert(*id) {
                    twice += 1;
                }
            }
        };
        for live in &snapshot.files {
            // What cannot be read was told of.
            let (Ok(facts), Ok(dead)) = (live.file.facts(), live.file.dead(&live.superseded))
            else {
                continue;
            };
            for index in 0..facts.blocks() {
                if let Ok(block) = live.file.block(index, &dead) {
                    look(&block, facts.ids(index));
                }
            }
        }
        for chunk in &snapshot.tail {
            look(&chunk.block().map_err(impossible)?, chunk.ids());
        }
    }
    Ok(twice)
}

/// What lies below a directory and has none of these names, in order.
fn strays(root: &Path, named: &BTreeSet<String>) -> io::Result<Vec<String>> {
    let mut strays = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries = match std::fs::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let (path, kind) = entry.and_then(|it| Ok((it.path(), it.file_type()?)))?;
            let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            if kind.is_dir() {
                waiting.push(path);
            } else if !named.contains(&name) {
                strays.push(name);
            }
        }
    }
    strays.sort_unstable();
    Ok(strays)
}

/// Checks that facts are in order, and that every code has an entry.
fn check_block(block: &Block<'_>, last: &mut i64) -> std::result::Result<(), String> {
    for (row, emitted) in block.emitted().iter().enumerate() {
        if *emitted < *last {
            return Err(format!("row {} of a block is out of order", row + 1));
        }
        *last = *emitted;
        if block.metric(row).is_none() {
            return Err(format!("row {} of a block has no metric", row + 1));
        }
    }
    for dimension in Dimension::ALL {
        let Some(column) = block.column(*dimension) else { continue };
        for place in 0..column.codes.len() {
            let is_there = column.offsets.is_some()
                || column.validity.is_none_or(|validity| validity.get(place));
            let code = column.codes.get(place).unwrap_or(u32::MAX);
            if is_there && column.dictionary.get(code).is_none() {
                return Err(format!("column {dimension} has a code without an entry"));
            }
        }
    }
    Ok(())
}
