//! Deleting a customer and everything that is known of it.

use uuid::Uuid;

use crate::customer::CustomerKey;

/// A deletion that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Its id.
    pub id: Uuid,
    /// Who is deleted. An e-mail address or a phone number stands for the whole person, any other
    /// customer id for the visitor of that id alone.
    pub customer: CustomerKey,
    /// Random: what facts say instead of a session's id is made with it. Nobody knows it afterwards.
    pub seed: Uuid,
}

impl Deletion {
    /// Whether the whole person goes, and not one visitor alone.
    #[must_use]
    pub fn is_of_person(&self) -> bool {
        [CustomerKey::EMAIL, CustomerKey::PHONE].contains(&self.customer.id_type.as_str())
    }

    /// What facts say instead of a session's id: the same for all facts of a session, so that
    /// sessions are still told apart.
    #[must_use]
    pub fn pseudonym(&self, session: Uuid) -> Uuid {
        Uuid::new_v5(&self.seed, session.as_bytes())
    }
}

/// What a deletion has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Stored events.
    pub events: u64,
    /// Sessions.
    pub sessions: u64,
    /// Assignments.
    pub assignments: u64,
    /// Visitors: what is known of a customer over all its sessions.
    pub visitors: u64,
    /// Identifiers: cookies, e-mail addresses and phone numbers that led to a contact.
    pub identifiers: u64,
    /// Contacts.
    pub contacts: u64,
    /// Facts that do not tell any more whom they are about. They are still counted.
    pub facts: u64,
    /// Fact files that were written anew.
    pub fact_files: u64,
    /// Documents that named the customer: aggregates jobs and pages of their results.
    pub documents: u64,
    /// Changes in the log that live feeds and webhooks read.
    pub changes: u64,
}

impl Removed {
    /// Adds what another step has removed.
    pub fn add(&mut self, other: Self) {
        self.events += other.events;
        self.sessions += other.sessions;
        self.assignments += other.assignments;
        self.visitors += other.visitors;
        self.identifiers += other.identifiers;
        self.contacts += other.contacts;
        self.facts += other.facts;
        self.fact_files += other.fact_files;
        self.documents += other.documents;
        self.changes += other.changes;
    }
}
