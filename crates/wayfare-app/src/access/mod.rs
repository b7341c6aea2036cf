//! Who may do what: organisations, clients, users, roles, tokens, deployments.

pub mod authorization;
pub mod caller;
pub mod clients;
pub mod codes;
pub mod deployments;
mod documents;
mod failures;
pub mod organisations;
pub mod passwords;
pub mod permissions;
pub mod requests;
pub mod roles;
pub mod sign_ins;
pub mod tokens;
pub mod users;

use std::time::Instant;

pub use caller::Caller;

use failures::Failures;
use passwords::{PasswordCost, Passwords};
use requests::Requests;

use crate::metrics::Queue;

/// How access is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessSettings {
    /// What hashing a password costs.
    pub password_cost: PasswordCost,
    /// Requests a minute and token; no limit when absent.
    pub requests_per_minute: Option<u32>,
}

/// What access keeps in memory.
pub(crate) struct AccessState {
    passwords: Passwords,
    user_failures: Failures,
    client_failures: Failures,
    requests: Requests,
}

impl AccessState {
    pub(crate) fn new(settings: AccessSettings) -> Self {
        Self {
            passwords: Passwords::new(settings.password_cost),
            user_failures: Failures::default(),
            client_failures: Failures::default(),
            requests: Requests::new(settings.requests_per_minute),
        }
    }

    /// Passwords that wait to be hashed.
    pub(crate) fn queue(&self, now: Instant) -> Queue {
        self.passwords.queue(now)
    }
}
