//! The person behind a visitor.

use wayfare_model::change::ContactMerge;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::id::ContactId;
use wayfare_model::time::Moment;

use super::{Effect, State};
use crate::contacts;

impl State {
    /// The contact of an event's visitor, made if it is new, and merged with those that the event's
    /// traits lead to.
    pub(super) fn person_of(&mut self, event: &Event, effects: &mut Vec<Effect>) -> ContactId {
        let known = match self.visitors.get(&event.customer) {
            Some(visitor) => Some(visitor.contact),
            None => self.identifiers.get(&event.customer).map(|known| known.contact),
        };
        let contact = known.unwrap_or_else(|| {
            let id = contacts::id_for(&self.ids, &event.customer);
            self.identify(event.customer.clone(), id);
            id
        });
        let mut contact = self.contact_named(contact, event.created);
        for identifier in contacts::identifiers(event) {
            match self.identifiers.get(&identifier).map(|known| known.contact) {
                Some(other) => {
                    let other = self.contact_named(other, event.created);
                    contact = self.merge(contact, other, effects);
                }
                None => self.identify(identifier, contact),
            }
        }
        contact
    }

    fn identify(&mut self, customer: CustomerKey, contact: ContactId) {
        self.identifiers.insert(customer.clone(), Identifier { customer, contact });
    }

    /// The contact that answers under an id, made at `moment` if nobody named it before.
    pub(super) fn contact_named(&mut self, id: ContactId, moment: Moment) -> ContactId {
        let id = self.follow_merges(id);
        if self.contacts.get(&id).is_none() {
            let contact = Contact { id, revision: 0, created: moment, merged_into: None };
            self.contacts.insert(id, contact);
        }
        id
    }

    /// The contact that a contact turned out to be.
    pub(super) fn follow_merges(&self, mut id: ContactId) -> ContactId {
        // Ends, because a contact is always merged into an older one.
        while let Some(into) = self.contacts.get(&id).and_then(|contact| contact.merged_into) {
            id = into;
        }
        id
    }

    /// Makes two contacts one; gives the one that stays.
    fn merge(&mut self, one: ContactId, other: ContactId, effects: &mut Vec<Effect>) -> ContactId {
        let (Some(first), Some(second)) = (self.contacts.get(&one), self.contacts.get(&other))
        else {
            return one;
        };
        if first.id == second.id {
            return one;
        }
        let (into, from) = contacts::older_first(first, second);
        let merge = ContactMerge { from: from.id, into: into.id };
        if let Some(contact) = self.contacts.get_mut(&merge.from) {
            contact.merged_into = Some(merge.into);
        }
        let rewrite = |contact: &mut ContactId| {
            if *contact == merge.from {
                *contact = merge.into;
            }
        };
        self.visitors.rewrite(|row| rewrite(&mut row.contact));
        self.sessions.rewrite(|row| rewrite(&mut row.contact));
        self.assignments.rewrite(|row| rewrite(&mut row.contact));
        self.identifiers.rewrite(|row| rewrite(&mut row.contact));
        self.merges.push(merge);
        effects.push(Effect::ContactsMerged(merge));
        merge.into
    }
}
