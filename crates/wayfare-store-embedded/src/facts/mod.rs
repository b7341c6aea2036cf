//! Facts: what aggregates count.
//!
//! A fact is written to SQLite with the commit it belongs to (`rows.rs`) and, when that is durable,
//! to the tail in memory (`tail.rs`). Once it is old enough it is shipped (`ship.rs`) into an
//! immutable file of columns (`file/`), which counts from the moment the manifest (`manifest.rs`)
//! names it. A fact that is written again or removed after that is noted as superseded; merging files
//! (`merge.rs`) lets go of it. What is too old goes by `retention.rs`. `live.rs` has what queries see, `query/` runs them.

mod carry;
mod erase;
mod exchange;
mod file;
mod filter;
mod gathering;
mod live;
mod manifest;
mod merge;
mod open;
mod options;
mod places;
mod query;
mod rebuild;
mod retention;
mod rows;
mod shelf;
mod ship;
mod tail;
mod verify;
mod waiting;

use async_trait::async_trait;
use wayfare_model::cells::Cells;
use wayfare_model::id::OrganisationId;
use wayfare_model::query::Plan;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;
use wayfare_store::facts::Facts;

pub use exchange::{FactImport, ImportError, Imported, Interval};
pub(crate) use live::Live;
pub(crate) use manifest::{ManifestEntry, entries as manifest_entries};
pub(crate) use open::open;
pub use options::{FactOptions, FactStep};
pub(crate) use query::Queries;
pub use rebuild::Rebuilt;
pub(crate) use rows::{Effect, FactChange, FactRow, FactRows, check_tail};
pub(crate) use shelf::DIRECTORY;
pub use verify::{Verified, VerifiedFile};

use crate::database::Database;

#[async_trait]
impl Facts for Database {
    async fn run(&self, organisation: OrganisationId, plan: &Plan) -> Result<Cells> {
        // What time has ended counts from its moment on, whoever came to end it.
        self.durability().wait_for_endings().await?;
        let snapshot = self.snapshot(organisation).await?;
        // Other batches that are not durable are not in it: a slow disk makes no query wait.
        let seen = self.seen_in_facts()?;
        let cells = self.queries().run(plan.clone(), snapshot).await?;
        self.wait_until_durable(seen).await?;
        Ok(cells)
    }

    async fn maintain(&self, now: Moment) -> Result<()> {
        // One at a time: each part counts on the files staying as they are.
        let _turn = self.maintenance().lock().await;
        // Of what cannot be put into the database the log of batches tells itself.
        self.flush().await?;
        let kept = self.keep_in_order(now).await;
        self.note_facts_stuck(kept.is_err());
        kept
    }
}

impl Database {
    /// Gives the first error, after what could be done.
    async fn keep_in_order(&self, now: Moment) -> Result<()> {
        let mut kept = Ok(());
        for organisation in self.live().organisations() {
            // What stops the facts of one is nothing to the others.
            kept = kept.and(self.keep_organisation(organisation, now).await);
        }
        kept
    }

    async fn keep_organisation(&self, organisation: OrganisationId, now: Moment) -> Result<()> {
        let forgotten_before = self.forgotten_before(now);
        if let Some(before) = forgotten_before {
            self.forget_rows(organisation, before).await?;
        }
        while !self.is_closing() && self.ship(organisation, now).await? {}
        if let Some(before) = forgotten_before {
            self.forget_files(organisation, before).await?;
        }
        while !self.is_closing() && self.merge(organisation, forgotten_before).await? {}
        Ok(())
    }
}
