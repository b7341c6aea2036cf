//! Organisations and what belongs to their access: clients, users, roles, tokens, deployments.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

use crate::id::{ClientId, DeploymentId, OrganisationId, RoleId, UserId};
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

/// A way in which a client comes by a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grant {
    /// With its own id and secret, for itself.
    ClientCredentials,
    /// A person signs in; the client gets a code and gives it for a token (PKCE).
    Code,
    /// A person signs in; the browser gets the token at once (implicit grant).
    Token,
}

impl Grant {
    /// All grants.
    pub const ALL: [Self; 3] = [Self::ClientCredentials, Self::Code, Self::Token];

    /// The word for it on our wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::Code => "code",
            Self::Token => "token",
        }
    }

    /// Whether a person signs in.
    #[must_use]
    pub const fn is_of_a_person(self) -> bool {
        matches!(self, Self::Code | Self::Token)
    }
}

impl std::str::FromStr for Grant {
    type Err = UnknownGrant;

    fn from_str(text: &str) -> Result<Self, UnknownGrant> {
        let found = Self::ALL.into_iter().find(|grant| grant.as_str() == text);
        found.ok_or_else(|| UnknownGrant(text.to_owned()))
    }
}

/// A text that names no grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a grant")]
pub struct UnknownGrant(pub String);

/// An OAuth client. Its secret is stored hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, also its name on the wire (`client_id`).
    pub id: ClientId,
    /// A name for people.
    pub name: String,
    /// SHA-256 of the secret, which has at least 128 bits of randomness.
    pub secret_hash: [u8; 32],
    /// Permissions of the form `domain:entity:action`; `*` is all of them. They are those of the
    /// client itself; a person who signs in through it brings their own.
    pub permissions: BTreeSet<String>,
    /// The ways in which it comes by tokens.
    pub grants: BTreeSet<Grant>,
    /// Where a browser may be sent after a person has signed in, each to the last character.
    pub redirect_uris: Vec<String>,
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
            .field("grants", &self.grants)
            .field("redirect_uris", &self.redirect_uris)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// A person who signs in. The password is stored hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// What the person signs in with: an e-mail address, in lower case.
    pub name: String,
    /// The password's hash with its parameters and salt (argon2id, as a PHC string).
    pub password_hash: String,
    /// When the password was set. Tokens given before are of no use.
    pub password_set: Moment,
    /// The roles it has.
    pub roles: BTreeSet<RoleId>,
    /// When it was made.
    pub created: Moment,
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .field("roles", &self.roles)
            .field("created", &self.created)
            .finish_non_exhaustive()
    }
}

/// A role: permissions under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// A name for people.
    pub name: String,
    /// Permissions of the form `domain:entity:action`; `*` is all of them.
    pub permissions: BTreeSet<String>,
    /// When it was made.
    pub created: Moment,
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
    /// The person who signed in; absent on a client's own token.
    pub person: Option<Person>,
    /// When it was given.
    pub issued: Moment,
    /// When it ends.
    pub expires: Moment,
}

/// A person and the browser they signed in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Person {
    /// The person.
    pub user: UserId,
    /// The sign-in: what was given at it ends with it.
    pub sign_in: Uuid,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Token")
            .field("client", &self.client)
            .field("person", &self.person)
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
