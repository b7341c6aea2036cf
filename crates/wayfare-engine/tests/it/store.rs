//! A store in memory. It loads exactly what `Loaded` promises and nothing more, so that an engine
//! which relies on more gives different results when a history is cut into batches.

use std::collections::{BTreeMap, BTreeSet};

use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::change::{
    AppliedEvent, Changes, ContactUnmerge, Due, KnownEvent, Loaded, Touch,
};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::fact::Fact;
use wayfare_model::id::{AssignmentId, ContactId, EventId, FactId, SegmentId, SessionId};
use wayfare_model::segment::Scope;
use wayfare_model::session::{Session, Visitor};
use wayfare_model::time::Moment;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Store {
    pub(crate) events: BTreeMap<EventId, AppliedEvent>,
    pub(crate) visitors: BTreeMap<CustomerKey, Visitor>,
    pub(crate) sessions: BTreeMap<SessionId, Session>,
    pub(crate) assignments: BTreeMap<AssignmentId, Assignment>,
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) identifiers: BTreeMap<CustomerKey, Identifier>,
    pub(crate) facts: BTreeMap<FactId, Fact>,
}

impl Store {
    pub(crate) fn load(&self, touch: &Touch) -> Loaded {
        let known_events: Vec<KnownEvent> = touch
            .events
            .iter()
            .filter_map(|id| self.events.get(id))
            .map(|known| KnownEvent { id: known.event.id, session: known.session })
            .collect();
        let visitors = pick(&self.visitors, &touch.customers);
        let identifiers: BTreeSet<_> = touch.customers.iter().chain(&touch.identifiers).collect();
        let identifiers = pick(&self.identifiers, identifiers);
        let mut named: BTreeSet<ContactId> =
            touch.contacts.iter().map(|contact| self.follow(*contact)).collect();
        if !named.is_empty() {
            // An event of the same batch may merge these with the named ones.
            named.extend(visitors.iter().map(|row| row.contact));
            named.extend(identifiers.iter().map(|row| row.contact));
        }

        let mut assignments: BTreeSet<AssignmentId> = touch.assignments.iter().copied().collect();
        assignments.extend(self.last_of_customers(&touch.customers));
        let on_named = |made: &&Assignment| named.contains(&made.contact) && holds(made);
        assignments.extend(self.assignments.values().filter(on_named).map(|made| made.id));

        let mut sessions: BTreeSet<SessionId> = touch.sessions.iter().copied().collect();
        sessions.extend(known_events.iter().map(|known| known.session));
        sessions.extend(visitors.iter().flat_map(|visitor| visitor.recent_sessions.clone()));
        let holding =
            assignments.iter().filter_map(|id| self.assignments.get(id)).filter(holds_ref);
        sessions.extend(holding.filter_map(|made| made.session.as_ref()).map(|made| made.id));
        let made_in = |made: &&Assignment| {
            made.session.as_ref().is_some_and(|session| sessions.contains(&session.id))
        };
        assignments.extend(self.assignments.values().filter(made_in).map(|made| made.id));

        let sessions = pick(&self.sessions, &sessions);
        let assignments = pick(&self.assignments, &assignments);
        let mut contacts: BTreeSet<ContactId> = touch.contacts.iter().copied().collect();
        contacts.extend(visitors.iter().map(|row| row.contact));
        contacts.extend(sessions.iter().map(|row| row.contact));
        contacts.extend(assignments.iter().map(|row| row.contact));
        contacts.extend(identifiers.iter().map(|row| row.contact));
        loop {
            let before = contacts.len();
            let apart = |id: &ContactId| self.contacts.get(id).map(|row| row.kept_apart.clone());
            contacts.extend(contacts.iter().filter_map(apart).flatten().collect::<Vec<_>>());
            contacts
                .extend(contacts.clone().into_iter().flat_map(|contact| self.merged_into(contact)));
            if contacts.len() == before {
                break;
            }
        }
        let contacts = pick(&self.contacts, &contacts);
        Loaded { known_events, visitors, sessions, assignments, contacts, identifiers }
    }

    pub(crate) fn commit(&mut self, changes: Changes) {
        for merge in &changes.merges {
            let rewrite = |contact: &mut ContactId| {
                if *contact == merge.from {
                    *contact = merge.into;
                }
            };
            self.visitors.values_mut().for_each(|row| rewrite(&mut row.contact));
            self.sessions.values_mut().for_each(|row| rewrite(&mut row.contact));
            self.assignments.values_mut().for_each(|row| rewrite(&mut row.contact));
            self.identifiers.values_mut().for_each(|row| rewrite(&mut row.contact));
        }
        for unmerge in &changes.unmerges {
            self.unmerge(*unmerge);
        }
        for applied in changes.events {
            let earlier = self.events.insert(applied.event.id, applied);
            assert_eq!(earlier, None, "an event is applied once");
        }
        for mut visitor in changes.visitors {
            let stored = self.visitors.get(&visitor.customer).map_or(0, |row| row.revision);
            assert_eq!(visitor.revision, stored, "the revision of a visitor");
            visitor.revision += 1;
            self.visitors.insert(visitor.customer.clone(), visitor);
        }
        for mut contact in changes.contacts {
            let stored = self.contacts.get(&contact.id).map_or(0, |row| row.revision);
            assert_eq!(contact.revision, stored, "the revision of a contact");
            contact.revision += 1;
            self.contacts.insert(contact.id, contact);
        }
        for id in changes.removed_assignments {
            assert!(self.assignments.remove(&id).is_some(), "what is taken back was there");
        }
        self.sessions.extend(changes.sessions.into_iter().map(|row| (row.id, row)));
        self.assignments.extend(changes.assignments.into_iter().map(|row| (row.id, row)));
        let identifiers = changes.identifiers.into_iter().map(|row| (row.customer.clone(), row));
        self.identifiers.extend(identifiers);
        for fact in changes.facts {
            assert_ne!(self.facts.get(&fact.id), Some(&fact), "a fact is written when it changed");
            self.facts.insert(fact.id, fact);
        }
        for id in changes.removed_facts {
            assert!(self.facts.remove(&id).is_some(), "a fact that is taken back was there");
        }
    }

    fn unmerge(&mut self, unmerge: ContactUnmerge) {
        let ContactUnmerge { contact, from } = unmerge;
        let part: BTreeSet<ContactId> = (self.contacts.keys().copied())
            .filter(|id| *id == contact || self.merged_into(*id).contains(&contact))
            .collect();
        for row in self.identifiers.values_mut() {
            if row.contact == from && part.contains(&row.home) {
                row.contact = contact;
            }
        }
        let leads_there = |customer: &CustomerKey| {
            self.identifiers.get(customer).is_some_and(|row| row.contact == contact)
        };
        for row in self.visitors.values_mut() {
            if row.contact == from && leads_there(&row.customer) {
                row.contact = contact;
                row.revision += 1;
            }
        }
        for row in self.sessions.values_mut() {
            if row.contact == from && leads_there(&row.customer) {
                row.contact = contact;
            }
        }
        for row in self.assignments.values_mut() {
            let belongs = match (&row.customer, row.made_on) {
                (Some(customer), _) => leads_there(customer),
                (None, made_on) => made_on.is_some_and(|made_on| part.contains(&made_on)),
            };
            if row.contact == from && belongs {
                row.contact = contact;
            }
        }
    }

    pub(crate) fn due(&self, now: Moment) -> Due {
        let over = |session: &&Session| {
            let decides = session.decides.is_some_and(|moment| moment <= now);
            session.ended.is_none() && (decides || session.ends <= now)
        };
        let expired =
            |made: &&Assignment| holds(made) && made.expires.is_some_and(|expires| expires <= now);
        Due {
            sessions: self.sessions.values().filter(over).map(|row| row.id).collect(),
            assignments: self.assignments.values().filter(expired).map(|row| row.id).collect(),
        }
    }

    pub(crate) fn members(&self, segment: SegmentId) -> Vec<AssignmentId> {
        let member = |made: &&Assignment| made.segment == segment && holds(made);
        self.assignments.values().filter(member).map(|made| made.id).collect()
    }

    /// What a history came to, without the traces of how it was cut.
    pub(crate) fn truth(mut self) -> Self {
        self.visitors.values_mut().for_each(|row| row.revision = 0);
        self.contacts.values_mut().for_each(|row| row.revision = 0);
        self
    }

    fn last_of_customers<'a>(&'a self, customers: &'a [CustomerKey]) -> Vec<AssignmentId> {
        let mut last = BTreeMap::<(&CustomerKey, SegmentId), &Assignment>::new();
        for made in self.assignments.values().filter(|made| made.scope == Scope::Customer) {
            let Some(customer) = made.customer.as_ref().filter(|key| customers.contains(key))
            else {
                continue;
            };
            let found = last.entry((customer, made.segment)).or_insert(made);
            if made.assigned > found.assigned {
                *found = made;
            }
        }
        last.into_values().map(|made| made.id).collect()
    }

    fn merged_into(&self, contact: ContactId) -> Vec<ContactId> {
        let next = |id: &ContactId| self.contacts.get(id).and_then(|row| row.merged_into);
        std::iter::successors(next(&contact), next).collect()
    }

    fn follow(&self, contact: ContactId) -> ContactId {
        self.merged_into(contact).last().copied().unwrap_or(contact)
    }
}

fn holds(made: &Assignment) -> bool {
    made.state() == AssignmentState::Assigned
}

fn holds_ref(made: &&Assignment) -> bool {
    holds(made)
}

fn pick<'a, K: Ord + 'a, T: Clone>(
    rows: &BTreeMap<K, T>,
    keys: impl IntoIterator<Item = &'a K>,
) -> Vec<T> {
    keys.into_iter().filter_map(|key| rows.get(key)).cloned().collect()
}
