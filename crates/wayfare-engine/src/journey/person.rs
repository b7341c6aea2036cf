//! The person behind a visitor.

use wayfare_model::change::{ContactMerge, ContactUnmerge};
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
        let own = self.identifiers.get(&event.customer);
        let known = match self.visitors.get(&event.customer) {
            Some(visitor) => Some(visitor.contact),
            None => own.map(|known| known.contact),
        };
        // Whatever this visitor brings belongs where the visitor itself belongs.
        let own_home = own.map(|known| known.home);
        let id = contacts::id_for(&self.ids, &event.customer, event.created);
        let home = own_home.or(known).unwrap_or(id);
        let contact = known.unwrap_or_else(|| {
            self.identify(event.customer.clone(), id, id);
            id
        });
        let mut contact = self.contact_named(contact, event.created);
        for identifier in contacts::identifiers(event) {
            match self.identifiers.get(&identifier).map(|known| known.contact) {
                Some(other) => {
                    let other = self.contact_named(other, event.created);
                    contact = self.merge(contact, other, effects);
                }
                None => self.identify(identifier, contact, home),
            }
        }
        contact
    }

    fn identify(&mut self, customer: CustomerKey, contact: ContactId, home: ContactId) {
        self.identifiers.insert(customer.clone(), Identifier { customer, contact, home });
    }

    /// The contact that answers under an id, made at `moment` if nobody named it before.
    pub(super) fn contact_named(&mut self, id: ContactId, moment: Moment) -> ContactId {
        let id = self.follow_merges(id);
        if self.contacts.get(&id).is_none() {
            let contact = Contact {
                id,
                revision: 0,
                created: moment,
                merged_into: None,
                kept_apart: Vec::new(),
            };
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

    /// Whether a merge of these two was undone: of them, or of contacts that became them.
    fn are_kept_apart(&self, one: &Contact, other: &Contact) -> bool {
        let leads_to = |apart: &ContactId, to: ContactId| self.follow_merges(*apart) == to;
        one.kept_apart.iter().any(|apart| leads_to(apart, other.id))
            || other.kept_apart.iter().any(|apart| leads_to(apart, one.id))
    }

    /// Undoes the merge of a contact. What was joined by mistake stays apart from then on.
    ///
    /// Only the contact itself changes here; its rows go back in the store, so that a batch has
    /// nothing besides this.
    pub(super) fn unmerge(&mut self, id: ContactId) {
        let Some(merged_into) = self.contacts.get(&id).and_then(|contact| contact.merged_into)
        else {
            return;
        };
        let from = self.follow_merges(merged_into);
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.merged_into = None;
            if !contact.kept_apart.contains(&merged_into) {
                contact.kept_apart.push(merged_into);
            }
        }
        self.unmerges.push(ContactUnmerge { contact: id, from });
    }

    /// Makes two contacts one, unless they are kept apart; gives the one that stays, or the first.
    fn merge(&mut self, one: ContactId, other: ContactId, effects: &mut Vec<Effect>) -> ContactId {
        let (Some(first), Some(second)) = (self.contacts.get(&one), self.contacts.get(&other))
        else {
            return one;
        };
        if first.id == second.id || self.are_kept_apart(first, second) {
            return one;
        }
        let (into, from) = contacts::older_first(first, second);
        let merge = ContactMerge { from: from.id, into: into.id };
        let inherited: Vec<ContactId> =
            from.kept_apart.iter().filter(|id| !into.kept_apart.contains(id)).copied().collect();
        if !inherited.is_empty()
            && let Some(contact) = self.contacts.get_mut(&merge.into)
        {
            contact.kept_apart.extend(inherited);
        }
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
