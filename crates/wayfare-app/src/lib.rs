//! What the product does: use cases by noun, the ingest pipeline, access.
//!
//! Deliberately absent: HTTP (no status code is known here), a concrete store, the real clock and
//! the real random source. Start reading at [`app`], then `ingest/pipeline.rs`, the way of every
//! write.

pub mod app;
pub mod clock;
pub mod error;
pub mod health;
pub mod host;
pub mod metrics;
mod order;
pub mod paging;

pub mod access;

pub mod aggregates;
pub mod assignments;
pub mod backups;
pub mod contacts;
pub mod customers;
pub mod feed;
pub(crate) mod history;
pub mod ingest;
pub mod segments;
pub mod sessions;
pub mod targets;
pub mod tasks;
pub mod webhooks;
