//! What is read when the directory is opened: the manifest, and the facts that are in no file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::gathering::{Gathered, Shelf};
use super::live::{Exchange, Live, LiveFile};
use super::manifest::{Entry, Listed, Origin};
use super::options::FactOptions;
use super::shelf::{ShelfFile, remove_orphans};
use super::{manifest, rows};
use crate::failure::failed;

/// Brings what queries see into memory, and puts away what a process left that ended in the middle
/// of something.
pub(crate) fn open(
    directory: &Path,
    connection: &Connection,
    options: FactOptions,
) -> Result<Live> {
    rows::delete_all_shipped(connection)?;
    manifest::sweep_superseded(connection)?;
    let live = Live::default();
    let mut files = manifest::list(connection)?;
    let names: Vec<String> = files.iter().map(|file| file.entry.name.clone()).collect();
    let highest = remove_orphans(directory, &names).map_err(|error| Error::Unavailable {
        context: "removing unfinished fact files".to_owned(),
        source: Box::new(error),
    })?;
    live.take_file_number(highest);
    for (organisation, rows) in rows::counts(connection)? {
        if rows > options.tail_rows_max.saturating_mul(2) {
            let shelf = Shelf { directory, organisation, live: &live, options };
            files.extend(ship_all(connection, &shelf, rows)?);
        }
    }
    for listed in files {
        let organisation = OrganisationId::from_uuid(listed.organisation);
        let superseded = Arc::new(manifest::superseded(connection, listed.id)?);
        let file = Arc::new(ShelfFile::open(directory, listed.id, listed.entry));
        let added = vec![LiveFile { file, superseded }];
        live.exchange(organisation, Exchange { added, ..Exchange::default() });
        live.add_filter(organisation, listed.id, listed.filter.map(Arc::new));
    }
    rows::each(connection, |organisation, sequence, fact| {
        live.restore(organisation, sequence, &fact);
    })?;
    Ok(live)
}

/// Makes files of all rows of an organisation, which are too many for memory: versions before facts
/// were in files kept them all as rows.
fn ship_all(connection: &Connection, shelf: &Shelf<'_>, rows: usize) -> Result<Vec<Listed>> {
    let organisation = shelf.organisation.as_uuid();
    tracing::info!(%organisation, rows, "facts are moved into files");
    let made = shelf
        .gather(|gathering| rows::each_of(connection, organisation, |fact| gathering.add(&fact)))?;
    let failed = |error| failed("moving facts into files", error);
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let counted = made.into_iter().map(|Gathered { shelved, filter }| {
        let entry = Entry { name: shelved.name, origin: Origin::Own, written: shelved.written };
        let id = manifest::insert(&transaction, organisation, &entry, Some(&filter))?;
        Ok(Listed { organisation, id, entry, filter: Some(filter) })
    });
    let counted = counted.collect::<Result<Vec<_>>>()?;
    rows::delete_all_of(&transaction, organisation)?;
    transaction.commit().map_err(failed)?;
    Ok(counted)
}
