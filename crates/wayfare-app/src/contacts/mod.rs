//! External contacts: which one an id stands for, who it is, and undoing a merge.

use wayfare_engine::contacts;
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_store::Error;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

/// What a contact is called in errors.
pub(crate) const ENTITY: &str = "external contact";
/// Merges followed before a chain is taken for a circle.
const MERGES_MAX: usize = 64;
/// Rows read at once.
const PAGE: usize = 1_000;

/// A contact's id as it came.
///
/// # Errors
/// Not found for what is no UUID.
pub(crate) fn contact_id(text: &str) -> Result<ContactId, Problem> {
    text.parse().map_err(|_| Problem::not_found(ENTITY, text))
}

/// E-mail addresses and phone numbers are compared in normal form; what has none stays as it is.
pub(crate) fn normal_form(customer: CustomerKey) -> CustomerKey {
    let normal = match customer.id_type.as_str() {
        CustomerKey::EMAIL => contacts::email(&customer.id),
        CustomerKey::PHONE => contacts::phone(&customer.id),
        _ => None,
    };
    normal.unwrap_or(customer)
}

/// A contact, and all that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownContact {
    /// The contact that was asked for.
    pub contact: Contact,
    /// The contact that it stands for now: itself, or what it was merged into.
    pub present: Contact,
    /// The identifiers that lead to it now.
    pub identifiers: Vec<Identifier>,
    /// The contacts that are this one now, besides the present one.
    pub merged: Vec<Contact>,
}

impl App {
    /// A contact, and all that leads to it.
    ///
    /// # Errors
    /// Not found.
    pub async fn get_contact(&self, caller: &Caller, id: &str) -> Result<KnownContact> {
        let organisation = caller.organisation;
        let id = contact_id(id)?;
        let present = self.present_contact(caller, id).await?;
        let journeys = &self.stores.journeys;
        let contact = match present.id == id {
            true => present.clone(),
            false => {
                let found = journeys.contact(organisation, id).await?;
                found.ok_or_else(|| Problem::not_found(ENTITY, id))?
            }
        };
        let mut identifiers: Vec<Identifier> = Vec::new();
        loop {
            let after = identifiers.last().map(|known| known.customer.clone());
            let page = journeys
                .identifiers_of_contact(organisation, present.id, after.as_ref(), PAGE)
                .await?;
            let is_last = page.len() < PAGE;
            identifiers.extend(page);
            if is_last {
                break;
            }
        }
        let mut merged: Vec<Contact> = Vec::new();
        loop {
            let after = merged.last().map(|known| known.id);
            let page = journeys.contacts_merged_into(organisation, present.id, after, PAGE).await?;
            let is_last = page.len() < PAGE;
            merged.extend(page);
            if is_last {
                break;
            }
        }
        Ok(KnownContact { contact, present, identifiers, merged })
    }

    /// Undoes the merge of a contact: what belonged to it goes back, and what joined the two does
    /// not join them again.
    ///
    /// # Errors
    /// Not found; [`ProblemKind::RequestConflict`] when the contact is not merged into another.
    pub async fn unmerge_contact(&self, caller: &Caller, id: &str) -> Result<KnownContact> {
        let found = contact_id(id)?;
        let stored = self.stores.journeys.contact(caller.organisation, found).await?;
        let stored = stored.ok_or_else(|| Problem::not_found(ENTITY, id))?;
        if stored.merged_into.is_none() {
            let message = format!("{ENTITY} '{id}' is not merged into another");
            return Err(Problem {
                entity: Some(Box::new((ENTITY, id.to_owned()))),
                ..Problem::new(ProblemKind::RequestConflict, message)
            }
            .into());
        }
        self.ingest.unmerge(caller.organisation, found).await?;
        self.get_contact(caller, id).await
    }

    /// The contact that an id stands for now: merges are followed.
    ///
    /// # Errors
    /// Not found.
    pub(crate) async fn present_contact(&self, caller: &Caller, id: ContactId) -> Result<Contact> {
        let mut next = id;
        for _ in 0..MERGES_MAX {
            let found = self.stores.journeys.contact(caller.organisation, next).await?;
            let contact = found.ok_or_else(|| Problem::not_found(ENTITY, id))?;
            match contact.merged_into {
                None => return Ok(contact),
                Some(into) => next = into,
            }
        }
        let context = format!("external contact {id}: its merges lead in a circle");
        Err(Error::Corrupt { context }.into())
    }
}
