//! Organisations and what belongs to their access: clients, deployments, tokens.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

use crate::id::{ClientId, DeploymentId, OrganisationId};
use crate::time::Moment;

/// An organisation.
#[derive(Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its name.
    pub name: String,
    /// The secret that goes into derived ids; never leaves the server.
    pub seed: Uuid,
    /// When it was made.
    pub created: Moment,
}

impl fmt::Debug for Organisation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Organisation")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// An OAuth client. Its secret is stored hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, also its name on the wire (`client_id`).
    pub id: ClientId,
    /// A name for people.
    pub name: String,
    /// SHA-256 of the secret, which has at least 128 bits of randomness.
    pub secret_hash: [u8; 32],
    /// Permissions of the form `domain:entity:action`; `*` is all of them.
    pub permissions: BTreeSet<String>,
    /// When it was made.
    pub created: Moment,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("permissions", &self.permissions)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// The permission that stands for all of them.
pub const ALL_PERMISSIONS: &str = "*";

/// An access token, stored hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The client it was given to.
    pub client: ClientId,
    /// When it ends.
    pub expires: Moment,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("client", &self.client)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A deployment: who knows its id may send events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// A name for people.
    pub name: String,
    /// When it was made.
    pub created: Moment,
}
