//! The embedded store: the conformance suite, and what only a data directory can show.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod batches;
mod conformance;
mod damage;
mod directory;
mod golden;
mod imports;
mod needles;
mod plans;
mod rebuild;
mod steps;
