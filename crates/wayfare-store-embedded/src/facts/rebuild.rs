//! Making all facts anew that follow from sessions and assignments. Those of deleted customers follow
//! from nothing any more, and are carried over (`carry.rs`).
//!
//! The new files are made while the old ones count. One transaction then makes the new ones count
//! instead of the old ones and of all rows; it is the one in which the truth was read, so that
//! nothing is written between. A crash before it leaves everything as it was, and files that the
//! next opening removes; a crash after it leaves the old files, which go the same way.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_engine::journey::{assignment_facts, session_fact};
use wayfare_model::id::{IdSource, OrganisationId};
use wayfare_store::error::Result;

use super::carry::carry;
use super::gathering::{Gathered, Gathering, Shelf};
use super::live::{Exchange, LiveFile};
use super::manifest::{self, Entry, Origin};
use super::options::FactStep;
use super::rows;
use super::shelf::{self, ShelfFile};
use super::verify::{Own, check};
use crate::database::Database;
use crate::journeys::{each_assignment, each_session, session};

/// What was rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebuilt {
    /// Facts that were made anew.
    pub facts: u64,
    /// Facts of deleted customers, which were carried over.
    pub kept: u64,
    /// Files that these and those are in.
    pub files: u64,
    /// Imported facts, which were left as they are.
    pub imported: u64,
    /// Files of imported facts that cannot be read, by name and problem. Nothing here has their facts
    /// a second time.
    pub damaged: Vec<(String, String)>,
    /// Files of own facts that were damaged, by name and problem. What follows from sessions and
    /// assignments was made anew; facts of deleted customers that were in them are lost.
    pub replaced: Vec<(String, String)>,
}

/// A file that counts now.
struct Counted {
    id: i64,
    entry: Entry,
    filter: Arc<super::filter::IdFilter>,
}

impl Database {
    /// Makes an organisation's own facts anew. `progress` is called with the number that is done.
    pub(crate) async fn rebuild_facts(
        &self,
        organisation: OrganisationId,
        ids: IdSource,
        progress: Arc<dyn Fn(u64) + Send + Sync>,
    ) -> Result<Rebuilt> {
        let _turn = self.maintenance().lock().await;
        self.flush().await?;
        let mut rebuilt = Rebuilt::default();
        let mut own = Vec::new();
        for live in self.live().snapshot(organisation).files {
            let Entry { origin, name, written } = live.file.entry();
            match (origin, live.file.problem()) {
                (Origin::Own, _) => own.push(live),
                (Origin::Imported, None) => rebuilt.imported += written.rows,
                (Origin::Imported, Some(problem)) => {
                    rebuilt.damaged.push((name.clone(), problem.to_string()));
                }
            }
        }
        let old: Vec<_> = own.iter().map(|live| Arc::clone(&live.file)).collect();
        let (sound, replaced) = self.work(move || Ok(sound(own))).await?;
        rebuilt.replaced = replaced;
        let old_ids: Vec<i64> = old.iter().map(|file| file.id()).collect();
        let options = self.fact_options();
        let (live, applied) = (Arc::clone(self.live()), Arc::clone(self.live()));
        let (directory, removed) = (self.directory().to_owned(), old_ids.clone());
        let work = move |connection: &Connection| {
            let shelf = Shelf { directory: &directory, organisation, live: &live, options };
            let uuid = organisation.as_uuid();
            let mut kept = 0;
            let made = shelf.gather(|gathering| {
                gather(connection, uuid, ids, gathering, &*progress)?;
                gathering.shelve()?;
                options.step(FactStep::BeforeCarry);
                kept = carry(connection, uuid, &sound, gathering)?;
                Ok(())
            })?;
            options.step(FactStep::DuringRebuild);
            // From here on an error leaves the files to the next opening.
            let counted = count(connection, organisation, &removed, made, &shelf)?;
            Ok((counted, kept, directory))
        };
        let then = move |(counted, kept, directory): (Vec<Counted>, u64, PathBuf)| {
            let (facts, files) = (total(&counted) - kept, counted.len() as u64);
            let mut added = Vec::new();
            let mut filters = Vec::new();
            for Counted { id, entry, filter } in counted {
                let file = Arc::new(ShelfFile::open(&directory, id, entry));
                added.push(LiveFile { file, superseded: Arc::default() });
                filters.push((id, filter));
            }
            let exchange =
                Exchange { removed: &old_ids, added, clears_tail: true, ..Exchange::default() };
            applied.exchange(organisation, exchange);
            for (id, filter) in filters {
                applied.add_filter(organisation, id, Some(filter));
            }
            (facts, kept, files)
        };
        (rebuilt.facts, rebuilt.kept, rebuilt.files) = self.write_then(work, then).await?;
        options.step(FactStep::AfterRebuild);
        self.work(move || {
            old.iter().for_each(|file| shelf::remove(file.path()));
            Ok(())
        })
        .await?;
        Ok(rebuilt)
    }
}

/// The files that are sound, those that were made last first; and the others, by name and problem.
fn sound(files: Vec<LiveFile>) -> (Vec<LiveFile>, Vec<(String, String)>) {
    let (mut sound, mut damaged) = (Vec::new(), Vec::new());
    for live in files.into_iter().rev() {
        match check(&live, &mut Own::default()) {
            Ok(()) => sound.push(live),
            Err(problem) => damaged.push((live.file.entry().name.clone(), problem)),
        }
    }
    (sound, damaged)
}

fn total(counted: &[Counted]) -> u64 {
    counted.iter().map(|it| it.entry.written.rows).sum()
}

/// Adds all facts that follow from the truth.
fn gather(
    connection: &Connection,
    organisation: Uuid,
    ids: IdSource,
    gathering: &mut Gathering<'_>,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut done = 0;
    each_session(connection, organisation, |session| {
        done += 1;
        progress(done);
        gathering.add(&session_fact(&ids, &session))
    })?;
    each_assignment(connection, organisation, |assignment| {
        let made_in = match &assignment.session {
            Some(made_in) => session(connection, organisation, made_in.id)?,
            None => None,
        };
        for fact in assignment_facts(&ids, &assignment, made_in.as_ref()) {
            done += 1;
            progress(done);
            gathering.add(&fact)?;
        }
        Ok(())
    })
}

/// Within the transaction: the new files count, and nothing else that is our own.
fn count(
    connection: &Connection,
    organisation: OrganisationId,
    removed: &[i64],
    made: Vec<Gathered>,
    shelf: &Shelf<'_>,
) -> Result<Vec<Counted>> {
    let uuid = organisation.as_uuid();
    removed.iter().try_for_each(|file| manifest::remove(connection, *file))?;
    rows::delete_all_of(connection, uuid)?;
    let counted = made.into_iter().map(|Gathered { shelved, filter }| {
        let entry = Entry { name: shelved.name, origin: Origin::Own, written: shelved.written };
        let id = manifest::insert(connection, uuid, &entry, Some(&filter))?;
        let filter = Arc::new(filter);
        // Whoever writes one of its facts in the same transaction knows that this file has it.
        shelf.live.add_filter(organisation, id, Some(Arc::clone(&filter)));
        Ok(Counted { id, entry, filter })
    });
    counted.collect()
}
