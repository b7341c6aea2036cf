//! Who may do what: organisations, clients, tokens, deployments.

pub mod caller;
pub mod clients;
pub mod deployments;
mod documents;
pub mod organisations;
pub mod tokens;

pub use caller::Caller;
