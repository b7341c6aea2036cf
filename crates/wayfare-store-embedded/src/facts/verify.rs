//! Checking everything there is to check of an organisation's facts.

use std::collections::HashSet;
use std::fs;

use foldhash::fast::FixedState;
use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::aggregates::columns::Block;
use wayfare_model::fact::{Dimension, Metric};
use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::file::FactKey;
use super::live::{LiveFile, Snapshot};
use super::manifest::Origin;
use super::ship::impossible;
use crate::database::Database;
use crate::row::Stored;
use crate::sql;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// The files, in the order they were made.
    pub files: Vec<VerifiedFile>,
    /// Facts that are in no file yet.
    pub unshipped: u64,
    /// What is wrong beyond single files.
    pub problems: Vec<String>,
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
    pub(crate) async fn verify_facts(&self, organisation: OrganisationId) -> Result<Verified> {
        let _turn = self.maintenance().lock().await;
        let snapshot = self.live().snapshot(organisation);
        let is_kept = self.fact_options().retention_ms.is_none();
        let truth = self.read(move |it| truth(it, organisation.as_uuid())).await?;
        self.work(move || verify(&snapshot, &truth, is_kept)).await
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

/// What is counted of our own facts.
#[derive(Default)]
struct Own {
    sessions: u64,
    assignments: u64,
    by_hand: u64,
    ids: HashSet<FactKey, FixedState>,
    twice: u64,
}

impl Own {
    fn add(&mut self, block: &Block<'_>, ids: &[FactKey]) {
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
            if ids.get(row).is_some_and(|id| !self.ids.insert(*id)) {
                self.twice += 1;
            }
        }
    }
}

fn verify(snapshot: &Snapshot, truth: &Truth, is_kept: bool) -> Result<Verified> {
    let mut own = Own::default();
    let mut verified = Verified::default();
    for live in &snapshot.files {
        let entry = live.file.entry();
        let (rows, bytes) = (entry.written.rows, entry.written.bytes);
        let problem = check(live, &mut own).err();
        verified.files.push(VerifiedFile { name: entry.name.clone(), rows, bytes, problem });
    }
    for chunk in &snapshot.tail {
        let block = chunk.block().map_err(impossible)?;
        let alive = (0..block.rows()).filter(|row| !block.is_dead(*row)).count();
        verified.unshipped += alive as u64;
        own.add(&block, chunk.ids());
    }
    let mut compare = |what: &str, found: u64, expected: u64| {
        if found != expected {
            verified.problems.push(format!("{found} {what}, but there must be {expected}"));
        }
    };
    compare("facts in memory", verified.unshipped, truth.rows);
    compare("facts are there twice", own.twice, 0);
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
fn check(live: &LiveFile, own: &mut Own) -> std::result::Result<(), String> {
    let text = |error: wayfare_store::Error| error.to_string();
    let written = live.file.entry().written;
    let facts = live.file.facts().map_err(text)?;
    let content = fs::read(live.file.path()).map_err(|error| error.to_string())?;
    let checksum = crc32fast::hash(&content);
    drop(content);
    if checksum != written.checksum {
        return Err(format!("its checksum is {checksum:08x} instead of {:08x}", written.checksum));
    }
    let dead = live.file.dead(&live.superseded).map_err(text)?;
    let mut last = i64::MIN;
    for index in 0..facts.blocks() {
        let block = live.file.block(index, &dead).map_err(text)?;
        check_block(&block, &mut last)?;
        if live.file.entry().origin == Origin::Own {
            if facts.ids(index).len() != block.rows() {
                return Err("its facts have no ids".to_owned());
            }
            own.add(&block, facts.ids(index));
        }
    }
    Ok(())
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
