//! The embedded store: one data directory, SQLite for truth.
//!
//! What comes in all the time is made durable by a log of batches and put into the database for many
//! batches at a time; one thread writes there, a few connections read. Start reading at [`EmbeddedStore`], then `upgrade/v1.sql` for the tables, then
//! `journeys/commit.rs`.

mod backup;
mod batch_log;
mod blocking;
mod changes;
mod connection;
mod database;
mod deletions;
mod deliveries;
mod documents;
mod durability;
mod facts;
mod failure;
mod journeys;
mod metrics;
mod open;
mod readers;
mod row;
mod sql;
mod upgrade;
mod writer;

pub use backup::{
    Backup, BackupError, BackupFile, BackupManifest, BackupProgress, REQUEST_FILE, Restored,
    restore,
};
pub use facts::{
    FactImport, FactOptions, FactStep, ImportError, Imported as ImportedFacts,
    Interval as FactInterval, Rebuilt as RebuiltFacts, Verified as VerifiedFacts,
    VerifiedFile as VerifiedFactFile,
};
pub use metrics::{Observer, StoreQueue};
pub use open::{EmbeddedStore, OpenError, Options};
