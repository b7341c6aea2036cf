//! Importing again what lies in a damaged file.
//!
//! Files of imported facts are merged, and their facts have no ids: which fact of a file is of which
//! import, nobody knows. So an import is exchanged together with all others that have facts in the same
//! files, directly or by another one of these.

use std::collections::BTreeSet;
use std::sync::Arc;

use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use crate::database::Database;
use crate::facts::manifest::{self, Import};
use crate::facts::shelf::ShelfFile;
use crate::facts::verify::{Own, check};

/// Files of which one is damaged, and all imports that have facts in them.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) files: Vec<Arc<ShelfFile>>,
    pub(super) imports: Vec<Import>,
    /// A file that is damaged, by its name.
    pub(super) damaged: String,
    /// What is wrong with it.
    pub(super) problem: String,
}

impl Database {
    /// What must be imported anew so that an import is whole; nothing when it is.
    pub(super) async fn damage_of(
        &self,
        organisation: OrganisationId,
        digest: Vec<u8>,
    ) -> Result<Option<Damage>> {
        let uuid = organisation.as_uuid();
        let known = self.read(move |connection| {
            let origins = manifest::origins(connection, uuid)?;
            Ok((origins, manifest::imports(connection, uuid)?))
        });
        let (origins, mut imports) = known.await?;
        let (files, digests) = together(&origins, digest);
        imports.retain(|import| digests.contains(&import.digest));
        let mut live = self.live().snapshot(organisation).files;
        live.retain(|live| files.contains(&live.file.id()));
        self.work(move || {
            let problem = |live| check(live, &mut Own::default()).err();
            let found = live.iter().find_map(|live| Some((live, problem(live)?)));
            Ok(found.map(|(damaged, problem)| Damage {
                files: live.iter().map(|live| Arc::clone(&live.file)).collect(),
                imports,
                damaged: damaged.file.entry().name.clone(),
                problem,
            }))
        })
        .await
    }
}

/// The files that have facts of an import or of one that shares a file with it, and these imports.
fn together(origins: &[(i64, Vec<u8>)], digest: Vec<u8>) -> (BTreeSet<i64>, BTreeSet<Vec<u8>>) {
    let (mut files, mut imports) = (BTreeSet::new(), BTreeSet::from([digest]));
    loop {
        let before = (files.len(), imports.len());
        for (file, import) in origins {
            if files.contains(file) || imports.contains(import) {
                files.insert(*file);
                imports.insert(import.clone());
            }
        }
        if (files.len(), imports.len()) == before {
            return (files, imports);
        }
    }
}
