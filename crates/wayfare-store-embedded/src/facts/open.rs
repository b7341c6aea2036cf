//! What is read when the directory is opened: the manifest, and the facts that are in no file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use wayfare_model::id::OrganisationId;
use wayfare_store::Error;
use wayfare_store::error::Result;

use super::live::{Exchange, Live, LiveFile};
use super::shelf::{ShelfFile, remove_orphans};
use super::{manifest, rows};

/// Brings what queries see into memory, and puts away what a process left that ended in the middle
/// of something.
pub(crate) fn open(directory: &Path, connection: &Connection) -> Result<Live> {
    rows::delete_all_shipped(connection)?;
    manifest::sweep_superseded(connection)?;
    let live = Live::default();
    let files = manifest::list(connection)?;
    let names: Vec<String> = files.iter().map(|file| file.entry.name.clone()).collect();
    let highest = remove_orphans(directory, &names).map_err(|error| Error::Unavailable {
        context: "removing unfinished fact files".to_owned(),
        source: Box::new(error),
    })?;
    live.take_file_number(highest);
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
