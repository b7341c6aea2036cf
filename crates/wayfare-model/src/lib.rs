//! What things are: ids, time, wire shapes, the event, permissions, problems, limits.
//!
//! Deliberately absent: I/O, async, a clock, randomness, HTTP, SQL. Everything here is a value.
//! The types outside [`wire`] are what the rooms hand to each other; the wire shapes are generated
//! from the contract, and stored rows belong to the stores.
//!
//! Start reading at [`event`], then [`session`], [`segment`] and [`assignment`].

pub mod id;
pub mod time;

pub mod attribute;
pub mod customer;
pub mod visit;

pub mod event;

pub mod session;

pub mod segment;

pub mod assignment;
pub mod cells;
pub mod contact;
pub mod fact;
pub mod query;

pub mod change;
pub mod change_log;
pub mod deletion;

pub mod organisation;
pub mod target;

pub mod limits;
pub mod metrics;
pub mod objects;
pub mod patch;
pub mod problem;

pub mod operation;
pub mod wire;
