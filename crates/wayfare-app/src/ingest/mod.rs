//! The way in: what happens to an event between the door and the store.

pub mod accept;
pub(crate) mod apply;
mod door;
pub mod import;
pub mod live;
pub mod normalise;
pub(crate) mod pipeline;
mod queue;
mod rounds;
mod segment_deletions;
mod set_aside;
mod settle;
