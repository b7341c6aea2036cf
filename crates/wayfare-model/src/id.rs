//! Typed identifiers: one marker per kind of thing, so that a session's id cannot be passed as a
//! segment's.

use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is no UUID was given where an identifier is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a UUID")]
pub struct InvalidId(pub String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId(text.to_owned()))
            }
        }
    )*};
}

ids! {
    /// An organisation: the outermost wall. It is the first argument of every store method.
    OrganisationId;
    /// An OAuth client.
    ClientId;
    /// A person who signs in.
    UserId;
    /// A role: a set of permissions under a name.
    RoleId;
    /// A deployment: the key under which a site or an app sends its visitors' events.
    DeploymentId;
    /// A segment.
    SegmentId;
    /// An action target.
    ActionTargetId;
    /// A session of a customer.
    SessionId;
    /// An event. It is made from the event's content, so that a repeated delivery has the same id.
    EventId;
    /// A segment assignment.
    AssignmentId;
    /// An external contact: the person behind one or more customers.
    ContactId;
    /// A fact that aggregates count.
    FactId;
}

impl FactId {
    /// The fact of a session's beginning.
    #[must_use]
    pub fn of_session(ids: &IdSource, session: SessionId) -> Self {
        Self(ids.derive("session fact", &[session.0.as_bytes()]))
    }

    /// The fact of an assignment, or of its end.
    #[must_use]
    pub fn of_assignment(
        ids: &IdSource,
        assignment: AssignmentId,
        state: crate::assignment::AssignmentState,
    ) -> Self {
        let parts = [assignment.0.as_bytes().as_slice(), state.as_str().as_bytes()];
        Self(ids.derive("assignment fact", &parts))
    }
}

/// Makes identifiers from what they identify, so that the same history gives the same ids.
///
/// The organisation's secret `seed` goes into every id: nobody outside can guess one from the
/// content of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdSource {
    seed: Uuid,
}

impl IdSource {
    /// A source with an organisation's seed.
    #[must_use]
    pub const fn new(seed: Uuid) -> Self {
        Self { seed }
    }

    /// The UUID (version 5) for a `kind` of thing described by `parts`.
    ///
    /// Parts are joined with their lengths, so that `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn derive(&self, kind: &str, parts: &[&[u8]]) -> Uuid {
        let mut name = Vec::with_capacity(64);
        name.extend_from_slice(kind.as_bytes());
        for part in parts {
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part);
        }
        Uuid::new_v5(&self.seed, &name)
    }
}
