//! What things mean: sessions, segments, assignments, aggregates. Pure: no I/O, no clock, no async.

pub mod aggregates;
