//! What handlers take: the caller with a permission, the body, the query, the path.

mod allowed;
mod body;
mod path;
mod query;
mod sender;

pub(crate) use allowed::{Allowed, Authenticated, Bearer};
pub(crate) use body::{FormBody, JsonBody, RawBody};
pub use body::{bytes_max, parse};
pub(crate) use path::PathValues;
pub(crate) use query::Query;
pub(crate) use sender::From;
