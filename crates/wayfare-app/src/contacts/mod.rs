//! External contacts: which one an id stands for, who it is, and undoing a merge.

use wayfare_engine::contacts;
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::ContactId;
use wayfare_model::problem::Problem;
use wayfare_store::Error;

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;

/// What a contact is called in errors.
pub(crate) const ENTITY: &str = "external contact";
/// Merges followed before a chain is taken for a circle.
const MERGES_MAX: usize = 64;

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

impl App {
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
