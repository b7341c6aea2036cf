//! What things are: ids, time, wire shapes, the event, permissions, problems, limits.

pub mod visit;
