//! What things mean: sessions, segments, assignments, aggregates. Pure: no I/O, no clock, no async.
//!
//! Start reading at [`journey`]: commands go in, changes come out. [`segments`] says what conditions
//! can look at and compiles them; [`sessions`] says which events belong together; [`aggregates`]
//! counts what happened. [`explain`] tells why.

mod assignments;

pub mod aggregates;
pub mod contacts;
pub mod explain;
pub mod journey;
pub mod segments;
pub mod sessions;
