//! Typed identifiers: one marker per kind of thing, so that a session's id cannot be passed as a
//! segment's.

use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use uuid::{Uuid, Variant, Version};

use crate::time::Moment;

/// Bytes of an id that say when: milliseconds since 1970 (RFC 9562, 5.7).
const MOMENT_BYTES: usize = 6;

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
        Self(ids.derive_near(session.0, "session fact", &[session.0.as_bytes()]))
    }

    /// The fact of an assignment, or of its end.
    #[must_use]
    pub fn of_assignment(
        ids: &IdSource,
        assignment: AssignmentId,
        state: crate::assignment::AssignmentState,
    ) -> Self {
        let parts = [assignment.0.as_bytes().as_slice(), state.as_str().as_bytes()];
        Self(ids.derive_near(assignment.0, "assignment fact", &parts))
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

    /// The UUID for a `kind` of thing described by `parts`, which begins at `moment`: of version 7
    /// (RFC 9562, 5.7), with the name's hash where chance would be.
    ///
    /// What begins at one time lies together in every index, so that a batch writes few pages
    /// however much is stored. Whatever tells when a thing begins must be known again whenever the
    /// id is made again.
    #[must_use]
    pub fn derive_at(&self, moment: Moment, kind: &str, parts: &[&[u8]]) -> Uuid {
        let ms = u64::try_from(moment.as_ms()).unwrap_or_default();
        let [.., a, b, c, d, e, f] = ms.to_be_bytes();
        self.derive_behind([a, b, c, d, e, f], kind, parts)
    }

    /// The UUID for a `kind` of thing described by `parts` that belongs to `parent`, and lies where
    /// it does when that has a moment in its id.
    #[must_use]
    pub fn derive_near(&self, parent: Uuid, kind: &str, parts: &[&[u8]]) -> Uuid {
        match parent.as_bytes() {
            [a, b, c, d, e, f, ..] if parent.get_version() == Some(Version::SortRand) => {
                self.derive_behind([*a, *b, *c, *d, *e, *f], kind, parts)
            }
            _ => self.derive(kind, parts),
        }
    }

    fn derive_behind(&self, moment: [u8; MOMENT_BYTES], kind: &str, parts: &[&[u8]]) -> Uuid {
        let mut bytes = self.derive(kind, parts).into_bytes();
        bytes[..MOMENT_BYTES].copy_from_slice(&moment);
        uuid::Builder::from_bytes(bytes)
            .with_variant(Variant::RFC4122)
            .with_version(Version::SortRand)
            .into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: IdSource = IdSource::new(Uuid::from_u128(1));

    #[test]
    fn ids_lie_in_the_order_of_their_moments() {
        let check = |moments: [i64; 2]| {
            let [earlier, later] =
                moments.map(|ms| IDS.derive_at(Moment::from_ms(ms), "event", &[b"same"]));
            assert!(earlier < later, "{moments:?}: {earlier} {later}");
            assert_eq!((later.get_version_num(), later.get_variant()), (7, Variant::RFC4122));
        };
        check([0, 1]);
        check([-5, 1]);
        check([1_795_000_000_000, 1_795_000_000_001]);
        // The last millisecond that the API can name.
        check([253_402_300_799_998, 253_402_300_799_999]);
    }

    #[test]
    fn ids_of_one_moment_differ_by_what_they_are_of() {
        let at = Moment::from_ms(1_795_000_000_000);
        let made = [("event", "a"), ("event", "b"), ("session", "a")]
            .map(|(kind, part)| IDS.derive_at(at, kind, &[part.as_bytes()]));
        assert!(made[0] != made[1] && made[0] != made[2] && made[1] != made[2], "{made:?}");
        assert_eq!(made[0], IDS.derive_at(at, "event", &[b"a"]));
        let other = IdSource::new(Uuid::from_u128(2));
        assert_ne!(made[0], other.derive_at(at, "event", &[b"a"]));
    }

    #[test]
    fn what_belongs_to_something_lies_beside_it() {
        let parent = IDS.derive_at(Moment::from_ms(1_795_000_000_000), "session", &[b"a"]);
        let near = IDS.derive_near(parent, "fact", &[b"a"]);
        assert_eq!(near.as_bytes()[..MOMENT_BYTES], parent.as_bytes()[..MOMENT_BYTES]);
        assert_ne!(near, parent);
        // An id that a client gave, or that an older version made, says nothing of time.
        for parent in [Uuid::from_u128(7), IDS.derive("session", &[b"a"])] {
            assert_eq!(IDS.derive_near(parent, "fact", &[b"a"]), IDS.derive("fact", &[b"a"]));
        }
    }
}
