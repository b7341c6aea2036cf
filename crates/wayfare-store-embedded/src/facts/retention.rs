//! Forgetting facts that are too old: one by one while they are in no file, a file when all of its facts are.
//! Files that have old facts beside young ones are written anew without them by `merge.rs`.

use std::sync::Arc;

use rusqlite::Connection;
use uuid::Uuid;
use wayfare_model::id::OrganisationId;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::file::FactKey;
use super::live::{Exchange, Snapshot};
use super::manifest;
use super::options::FactStep;
use super::rows;
use super::ship::impossible;
use crate::database::Database;

/// Rows that are forgotten in one transaction: some ten milliseconds.
const FORGOTTEN_AT_ONCE: usize = 1_000;

impl Database {
    /// The moment before which facts were emitted that are forgotten, in milliseconds since 1970;
    /// nothing when they are kept for ever.
    pub(super) fn forgotten_before(&self, now: Moment) -> Option<i64> {
        let retention_ms = self.fact_options().retention_ms?;
        Some(now.as_ms().saturating_sub(retention_ms))
    }

    /// Forgets the facts of an organisation that are too old and in no file. One that is written again
    /// meanwhile stays until the next time.
    pub(super) async fn forget_rows(
        &self,
        organisation: OrganisationId,
        before: i64,
    ) -> Result<()> {
        let uuid = organisation.as_uuid();
        // What an earlier shipping could not delete is in no memory any more.
        if self.read(move |connection| rows::shipped(connection, uuid)).await?.is_some() {
            self.write(rows::delete_all_shipped).await?;
        }
        let old = old_facts(&self.live().snapshot(organisation), before)?;
        for some in old.chunks(FORGOTTEN_AT_ONCE) {
            let (some, live) = (some.to_owned(), Arc::clone(self.live()));
            let work = move |connection: &Connection| {
                some.iter().try_for_each(|(id, sequence)| {
                    let id = Uuid::from_bytes(*id);
                    rows::delete_written(connection, uuid, id, *sequence)
                })?;
                Ok(some)
            };
            let then = move |some: Vec<(FactKey, i64)>| live.forget(organisation, &some);
            self.write_then(work, then).await?;
            self.fact_options().step(FactStep::DuringForget);
        }
        Ok(())
    }

    /// Lets go of the files of an organisation whose facts are all too old.
    pub(super) async fn forget_files(
        &self,
        organisation: OrganisationId,
        before: i64,
    ) -> Result<()> {
        let files = self.live().snapshot(organisation).files;
        let old = files.into_iter().filter(|it| it.file.entry().written.emitted.max < before);
        let old: Vec<_> = old.map(|it| it.file).collect();
        if old.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = old.iter().map(|file| file.id()).collect();
        let live = Arc::clone(self.live());
        let work = move |connection: &Connection| {
            ids.iter().try_for_each(|id| manifest::remove(connection, *id))?;
            Ok(ids)
        };
        let then = move |ids: Vec<i64>| {
            live.exchange(organisation, Exchange { removed: &ids, ..Exchange::default() });
        };
        self.write_then(work, then).await?;
        self.fact_options().step(FactStep::AfterRetention);
        self.remove_files(old).await
    }
}

/// The facts in no file that were emitted before a moment, and the numbers of their writes.
fn old_facts(snapshot: &Snapshot, before: i64) -> Result<Vec<(FactKey, i64)>> {
    let mut old = Vec::new();
    for chunk in &snapshot.tail {
        let block = chunk.block().map_err(impossible)?;
        let written = chunk.ids().iter().zip(chunk.sequences()).zip(block.emitted());
        for (row, ((id, sequence), emitted)) in written.enumerate() {
            if *emitted < before && !block.is_dead(row) {
                old.push((*id, *sequence));
            }
        }
    }
    Ok(old)
}
