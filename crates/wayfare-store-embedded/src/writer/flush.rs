//! Putting batches into the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rusqlite::ErrorCode;

use wayfare_model::id::OrganisationId;
use wayfare_store::error::Result;

use super::thread::{Thread, refused};
use crate::batch_log::{Pending, State, note_applied};
use crate::facts::Effect;
use crate::failure::{failed, is_full};
use crate::sql;

impl Thread {
    /// Puts into the database what waits, while batches are appended.
    pub(super) fn flush(&mut self) -> Result<()> {
        let log = Arc::clone(&self.batch_log);
        loop {
            let mut state = log.lock();
            // Then what came later waits as well.
            let is_again = state.is_flushing();
            let Some(pending) = log.begin_flush(&mut state) else { return Ok(()) };
            drop(state);
            self.write(&pending)?;
            log.end_flush(&mut log.lock());
            if !is_again {
                return Ok(());
            }
        }
    }

    /// Puts into the database everything that waits, while nothing is appended.
    pub(super) fn flush_all(&mut self, state: &mut State) -> Result<()> {
        let log = Arc::clone(&self.batch_log);
        while let Some(pending) = log.begin_flush(state) {
            self.write(&pending)?;
            log.end_flush(state);
        }
        Ok(())
    }

    /// Puts rows of batches into the database. They are durable by their log: whoever looks at facts in
    /// memory counts on what is there being durable.
    fn write(&mut self, pending: &Pending) -> Result<()> {
        self.durability.wait_here(pending.commit());
        // What waits may go into the database after a failed sync, too: whoever reads what is not durable
        // is not answered.
        if self.gave_up {
            return Err(refused());
        }
        let began = Instant::now();
        let written = self.try_write(pending);
        let effects = match written {
            Ok(effects) => effects,
            Err(error) => {
                self.metrics.failed.increment();
                self.batch_log.fail_flush();
                self.metrics.is_database_full.store(is_full(&error), Ordering::Relaxed);
                self.undo();
                tracing::error!(%error, "batches wait to be put into the database; it is tried again");
                return Err(error);
            }
        };
        self.metrics.is_database_full.store(false, Ordering::Relaxed);
        self.metrics.flush.time(began.elapsed());
        self.metrics.flush_batches.size(pending.batches());
        self.metrics.flush_rows.size(pending.rows());
        for (organisation, effects) in effects {
            self.live.apply(organisation, effects);
        }
        if !self.durability.has_failed() {
            self.checkpoints.after_commit(&self.connection);
        }
        Ok(())
    }

    fn try_write(&mut self, pending: &Pending) -> Result<Vec<(OrganisationId, Vec<Effect>)>> {
        sql::execute(&self.connection, "BEGIN IMMEDIATE", ())?;
        let effects = pending.write(&self.connection, &self.live)?;
        note_applied(&self.connection, pending.last())?;
        if let Err(error) = self.connection.execute("COMMIT", ()) {
            if error.sqlite_error_code() != Some(ErrorCode::DiskFull) {
                // It may be there when the database is opened anew, which compares the numbers.
                self.give_up();
            }
            return Err(failed("committing batches", error));
        }
        Ok(effects)
    }
}
