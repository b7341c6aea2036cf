//! Facts that a rebuild cannot make anew: those of customers that were deleted. They go on being counted,
//! so they are carried over from where they lie.
//!
//! Such a fact names no customer, and nothing of the truth has its id. While a deletion is under way,
//! files may name its customer still: those facts are known by their sessions, and lose what identifies
//! the customer when the deletion goes on.

use std::collections::HashSet;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::aggregates::columns::{Block, Entry, FactColumns};
use wayfare_model::fact::{Dimension, Fact};
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::erase::{codes, is_marked, marks};
use super::file::{FactFile, FactKey, Source, canonical_uuid, in_order};
use super::gathering::{Gathered, Gathering};
use super::live::{Keys, LiveFile};
use super::ship::impossible;
use super::{manifest, rows, shelf};
use crate::deletions::sessions_under_way;

/// Carries over the facts of deleted customers; gives how many. All facts that follow from the truth
/// are in files of `gathering`. Those of `files` must be readable.
pub(super) fn carry(
    connection: &Connection,
    organisation: Uuid,
    files: &[LiveFile],
    gathering: &mut Gathering<'_>,
) -> Result<u64> {
    // They are in files, too.
    rows::delete_all_shipped(connection)?;
    let mut carried = of_rows(connection, organisation, gathering)?;
    let sessions = sessions_under_way(connection, organisation)?;
    let sessions: HashSet<FactKey> = sessions.into_iter().map(Uuid::into_bytes).collect();
    for live in files {
        carried += of_file(connection, live, &sessions, gathering)?;
    }
    Ok(carried)
}

/// Carries over what is in no file yet. A deletion writes rows anew when it deletes the truth.
fn of_rows(
    connection: &Connection,
    organisation: Uuid,
    gathering: &mut Gathering<'_>,
) -> Result<u64> {
    let rows_max = gathering.shelf().options.gathered_rows_max;
    let (mut columns, mut ids, mut carried) = (FactColumns::default(), Vec::new(), 0);
    rows::each_of(connection, organisation, |fact| {
        if names_customer(&fact) {
            return Ok(());
        }
        if ids.len() >= rows_max || columns.push(&fact).is_err() {
            carried += keep(&std::mem::take(&mut columns), &std::mem::take(&mut ids), gathering)?;
            columns.push(&fact).map_err(impossible)?;
        }
        ids.push(fact.id.as_uuid().into_bytes());
        Ok(())
    })?;
    Ok(carried + keep(&columns, &ids, gathering)?)
}

fn names_customer(fact: &Fact) -> bool {
    fact.dimensions.get(&Dimension::JourneyCustomerId).is_some_and(|ids| !ids.is_empty())
}

/// Carries over those of some facts that nothing of the truth has.
fn keep(columns: &FactColumns, ids: &[FactKey], gathering: &mut Gathering<'_>) -> Result<u64> {
    let mut left = without_made(ids.iter().copied().collect(), gathering)?;
    let sources = [Source { block: columns.block().map_err(impossible)?, ids }];
    let order =
        in_order(&sources, |place| ids.get(place.row as usize).is_some_and(|id| left.remove(id)));
    gathering.add_places(&sources, &order)
}

/// Carries over what a file has.
fn of_file(
    connection: &Connection,
    live: &LiveFile,
    sessions: &HashSet<FactKey>,
    gathering: &mut Gathering<'_>,
) -> Result<u64> {
    let superseded = manifest::superseded(connection, live.file.id())?;
    let superseded: Keys = superseded.into_iter().collect();
    let facts = live.file.facts()?;
    let dead = shelf::Dead::new();
    let mut sources = Vec::with_capacity(facts.blocks());
    let mut left = Keys::default();
    for index in 0..facts.blocks() {
        let (block, ids) = (live.file.block(index, &dead)?, facts.ids(index));
        let kept = (0..).zip(ids).zip(may_be_carried(&block, sessions));
        left.extend(
            kept.filter(|((_, id), may_be)| *may_be && !superseded.contains(*id))
                .map(|((_, id), _)| *id),
        );
        sources.push(Source { block, ids });
    }
    let mut left = without_made(left, gathering)?;
    let order = in_order(&sources, |place| {
        let ids = sources.get(place.source as usize).map_or(&[][..], |source| source.ids);
        ids.get(place.row as usize).is_some_and(|id| left.remove(id))
    });
    gathering.add_places(&sources, &order)
}

/// By row: whether it names no customer, or a session that is being deleted.
fn may_be_carried(block: &Block<'_>, sessions: &HashSet<FactKey>) -> Vec<bool> {
    let deleted = marks(block, Dimension::JourneySessionId, |entry| {
        let session = match entry {
            Entry::Uuid(uuid) => Some(*uuid),
            Entry::Text(text) => canonical_uuid(text),
        };
        session.is_some_and(|session| sessions.contains(&session))
    });
    let of_row = |row| {
        codes(block, Dimension::JourneyCustomerId, row).next().is_none()
            || codes(block, Dimension::JourneySessionId, row).any(|it| is_marked(&deleted, it))
    };
    (0..block.rows()).map(of_row).collect()
}

/// Those of some ids that no file has which was made: the truth has nothing of them, and they were not
/// carried over before.
fn without_made(mut ids: Keys, gathering: &Gathering<'_>) -> Result<Keys> {
    for Gathered { shelved, filter } in gathering.made() {
        if !ids.iter().any(|id| filter.may_have(Uuid::from_bytes(*id))) {
            continue;
        }
        let path = shelf::path_of(gathering.shelf().directory, &shelved.name);
        let file = FactFile::open(&path).map_err(|problem| Error::Corrupt {
            context: format!("fact file {}: {problem}", path.display()),
        })?;
        for block in 0..file.blocks() {
            for id in file.ids(block) {
                ids.remove(id);
            }
        }
    }
    Ok(ids)
}
