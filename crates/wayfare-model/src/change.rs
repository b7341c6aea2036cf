//! What one batch reads of the truth, and what it changes.

use crate::assignment::Assignment;
use crate::change_log::Change;
use crate::contact::{Contact, Identifier};
use crate::customer::CustomerKey;
use crate::event::Event;
use crate::fact::Fact;
use crate::id::{AssignmentId, ContactId, EventId, FactId, SessionId};
use crate::session::{Session, Visitor};

/// The keys of everything a batch may touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touch {
    /// Events that come in: which of them are known already?
    pub events: Vec<EventId>,
    /// Customers whose visitors, recent sessions and holding assignments are needed.
    pub customers: Vec<CustomerKey>,
    /// Customer ids (cookies, e-mail addresses, phones) whose contacts are needed.
    pub identifiers: Vec<CustomerKey>,
    /// Sessions needed whoever's they are.
    pub sessions: Vec<SessionId>,
    /// Assignments needed whoever's they are.
    pub assignments: Vec<AssignmentId>,
    /// Contacts needed, with the holding assignments that clients made on them.
    pub contacts: Vec<ContactId>,
}

impl Touch {
    /// The keys of several commands together, each once.
    #[must_use]
    pub fn merge(touches: impl IntoIterator<Item = Self>) -> Self {
        fn once<T: Ord>(keys: &mut Vec<T>) {
            keys.sort_unstable();
            keys.dedup();
        }
        let mut all = Self::default();
        for touch in touches {
            all.events.extend(touch.events);
            all.customers.extend(touch.customers);
            all.identifiers.extend(touch.identifiers);
            all.sessions.extend(touch.sessions);
            all.assignments.extend(touch.assignments);
            all.contacts.extend(touch.contacts);
        }
        once(&mut all.events);
        once(&mut all.customers);
        once(&mut all.identifiers);
        once(&mut all.sessions);
        once(&mut all.assignments);
        once(&mut all.contacts);
        all
    }
}

/// An event that was applied before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEvent {
    /// Its id.
    pub id: EventId,
    /// The session it went to.
    pub session: SessionId,
}

/// What the store holds of what a batch touches.
///
/// Holds, for a [`Touch`]: the known ones of its events, those that were forgotten since too, and the
/// sessions these went to; the visitors
/// of its customers with all their recent sessions; the named sessions; *every* assignment made in a
/// loaded session; of scope Customer, for each of its customers and each segment, the assignment
/// made last (the greatest `assigned`); the named assignments; the identifiers of its customers and
/// identifiers; the contacts named, or led to by anything loaded, with those they were merged into
/// or are kept apart from, to the end; every assignment that holds on a named contact (after merges), whoever of its
/// customers it was made for, and, if any contact is named, on the contacts that the loaded visitors
/// and identifiers lead to, since an event of the same batch may merge these; and the session of
/// every loaded assignment that holds, if it has one, since its facts tell of that session.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Loaded {
    /// Events applied before.
    pub known_events: Vec<KnownEvent>,
    /// Visitors.
    pub visitors: Vec<Visitor>,
    /// Sessions.
    pub sessions: Vec<Session>,
    /// Assignments.
    pub assignments: Vec<Assignment>,
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// Identifiers.
    pub identifiers: Vec<Identifier>,
}

/// An event and the session it was applied to.
#[derive(Debug, Clone, PartialEq)]
pub struct AppliedEvent {
    /// The event.
    pub event: Event,
    /// The session.
    pub session: SessionId,
}

/// Two contacts turned out to be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactMerge {
    /// The contact that goes on answering under its old id only.
    pub from: ContactId,
    /// The contact that stays. Every row that names `from` as its contact names `into` afterwards.
    pub into: ContactId,
}

/// A merge is undone.
///
/// What goes back to `contact` is what belonged to it, or to one merged into it, by itself: the
/// identifiers whose home is one of these, the visitors and the sessions and assignments of the
/// customers that these identifiers name, whenever they were made, and what clients assigned on one
/// of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactUnmerge {
    /// The contact that was merged, and is one of its own again.
    pub contact: ContactId,
    /// The contact that its rows name now.
    pub from: ContactId,
}

/// What a batch changes. A store commits all of it or nothing.
///
/// Visitors and contacts carry the revision they had when loaded; the store raises it by one, and
/// refuses the batch as a conflict when the stored revision is another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// New events.
    pub events: Vec<AppliedEvent>,
    /// New and changed visitors.
    pub visitors: Vec<Visitor>,
    /// New and changed sessions.
    pub sessions: Vec<Session>,
    /// New and changed assignments.
    pub assignments: Vec<Assignment>,
    /// Assignments that are taken back: a late event showed that a `never` does not hold.
    pub removed_assignments: Vec<AssignmentId>,
    /// New and changed contacts.
    pub contacts: Vec<Contact>,
    /// New and changed identifiers.
    pub identifiers: Vec<Identifier>,
    /// Merges, in order, applied to stored rows before the rows above are written.
    pub merges: Vec<ContactMerge>,
    /// Merges that are undone, applied after the merges and before the rows above are written.
    pub unmerges: Vec<ContactUnmerge>,
    /// New facts, and facts that replace an older one of their id.
    pub facts: Vec<Fact>,
    /// Facts that are taken back.
    pub removed_facts: Vec<FactId>,
    /// What goes into the change log, in order.
    pub log: Vec<Change>,
}

impl Changes {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is due because time passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Sessions not ended yet whose end has come, or in which something is decided.
    pub sessions: Vec<SessionId>,
    /// Assignments that hold although their days ran out.
    pub assignments: Vec<AssignmentId>,
}

impl Due {
    /// Whether nothing is due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.assignments.is_empty()
    }

    /// The first half and the second one; nothing of what cannot be divided.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        let number = self.sessions.len() + self.assignments.len();
        if number < 2 {
            return None;
        }
        let sessions = self.sessions.split_at(self.sessions.len().min(number / 2));
        let assignments = (number / 2).saturating_sub(self.sessions.len());
        let assignments = self.assignments.split_at(assignments);
        let half = |sessions: &[SessionId], assignments: &[AssignmentId]| Self {
            sessions: sessions.to_vec(),
            assignments: assignments.to_vec(),
        };
        Some([half(sessions.0, assignments.0), half(sessions.1, assignments.1)])
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::{Due, Touch};
    use crate::customer::CustomerKey;
    use crate::id::{AssignmentId, EventId, SessionId};

    #[test]
    fn what_is_due_is_halved_until_one_is_left() {
        let due = |sessions: &[u128], assignments: &[u128]| Due {
            sessions: sessions
                .iter()
                .map(|id| SessionId::from_uuid(Uuid::from_u128(*id)))
                .collect(),
            assignments: assignments
                .iter()
                .map(|id| AssignmentId::from_uuid(Uuid::from_u128(*id)))
                .collect(),
        };
        let check = |whole: Due, halves: Option<[Due; 2]>| assert_eq!(whole.halves(), halves);
        check(due(&[1, 2, 3], &[4]), Some([due(&[1, 2], &[]), due(&[3], &[4])]));
        check(due(&[1], &[2, 3, 4]), Some([due(&[1], &[2]), due(&[], &[3, 4])]));
        check(due(&[], &[1, 2, 3]), Some([due(&[], &[1]), due(&[], &[2, 3])]));
        check(due(&[1, 2], &[]), Some([due(&[1], &[]), due(&[2], &[])]));
        check(due(&[1], &[]), None);
        check(due(&[], &[1]), None);
        check(due(&[], &[]), None);
    }

    #[test]
    fn keys_of_several_commands_come_once() {
        let touch = |event: u128, customer: &str| Touch {
            events: vec![EventId::from_uuid(Uuid::from_u128(event))],
            customers: vec![CustomerKey::cookie(customer)],
            ..Touch::default()
        };
        let merged = Touch::merge([touch(2, "ada"), touch(1, "ada"), touch(2, "eve")]);
        let expected = Touch {
            events: [1, 2].map(|id| EventId::from_uuid(Uuid::from_u128(id))).to_vec(),
            customers: ["ada", "eve"].map(CustomerKey::cookie).to_vec(),
            ..Touch::default()
        };
        assert_eq!(merged, expected);
    }
}
