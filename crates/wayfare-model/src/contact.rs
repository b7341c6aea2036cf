//! External contacts: the persons behind customers.

use crate::customer::CustomerKey;
use crate::id::ContactId;
use crate::time::Moment;

/// A person. It exists as soon as somebody names its UUID or a visitor is first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Counts commits that changed it, from 1; 0 when it is not stored yet.
    pub revision: u64,
    /// When it was first named or seen.
    pub created: Moment,
    /// The contact it turned out to be; the old id goes on answering.
    pub merged_into: Option<ContactId>,
    /// Contacts that it, or one merged into it, was merged with by mistake: what they share does not
    /// join them again.
    pub kept_apart: Vec<ContactId>,
}

/// A customer id that leads to a contact: a cookie, an e-mail address or a phone number in normal
/// form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// The customer id.
    pub customer: CustomerKey,
    /// The contact it leads to.
    pub contact: ContactId,
    /// The contact it belongs to by itself, whatever that was merged into. It never changes, and is
    /// where a merge that is undone leads it back.
    pub home: ContactId,
}
