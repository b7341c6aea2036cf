//! Listing assignments of a session, a customer or a contact.

use wayfare_engine::contacts;
use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{ContactId, OrganisationId, SessionId};
use wayfare_model::problem::Problem;
use wayfare_model::segment::Scope;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};

use super::cursor;
use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::{CursorPage, bad_parameter, cursor_page_size};

/// Merges of contacts followed before a chain is taken for a circle.
const MERGES_MAX: usize = 64;

/// The parameters of a list of assignments, as they came.
#[derive(Debug, Clone, Default)]
pub struct AssignmentListRequest {
    /// `pageSize`.
    pub page_size: Option<String>,
    /// `after`.
    pub after: Option<String>,
    /// `segmentScope`.
    pub segment_scope: Option<String>,
    /// `assignmentState`.
    pub assignment_state: Option<String>,
}

/// The parameters, read.
struct Checked {
    page_size: usize,
    after: Option<AssignmentPlace>,
    scope: Option<Scope>,
    state: Option<AssignmentState>,
}

impl App {
    /// Assignments made in a session.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_session_assignments(
        &self,
        caller: &Caller,
        session: &str,
        request: &AssignmentListRequest,
    ) -> Result<CursorPage<Assignment>> {
        let checked = request.check()?;
        let not_found = || Problem::not_found("session", session);
        let id: SessionId = session.parse().map_err(|_| not_found())?;
        let found = self.stores.journeys.session(caller.organisation, id).await?;
        found.ok_or_else(not_found)?;
        self.list_assignments(caller.organisation, AssignmentSubject::Session(id), checked).await
    }

    /// Assignments of a customer: those made for it, and those made on its contact by a client. An
    /// e-mail address or a phone number stands for the whole contact.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_customer_assignments(
        &self,
        caller: &Caller,
        customer: CustomerKey,
        request: &AssignmentListRequest,
    ) -> Result<CursorPage<Assignment>> {
        let checked = request.check()?;
        let customer = normal_form(customer);
        let journeys = &self.stores.journeys;
        let found = journeys.identifier(caller.organisation, &customer).await?;
        let identifier = found.ok_or_else(|| {
            Problem::not_found("customer", format!("{}/{}", customer.id_type, customer.id))
        })?;
        let contact = identifier.contact;
        let subject = match customer.id_type.as_str() {
            CustomerKey::COOKIE => AssignmentSubject::Customer { customer, contact },
            _ => AssignmentSubject::Contact(contact),
        };
        self.list_assignments(caller.organisation, subject, checked).await
    }

    /// Assignments of an external contact, whoever of its customers they were made for.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_contact_assignments(
        &self,
        caller: &Caller,
        contact: &str,
        request: &AssignmentListRequest,
    ) -> Result<CursorPage<Assignment>> {
        let checked = request.check()?;
        let not_found = || Problem::not_found("external contact", contact);
        let id: ContactId = contact.parse().map_err(|_| not_found())?;
        let found = self.present_contact(caller.organisation, id).await?;
        let subject = AssignmentSubject::Contact(found.ok_or_else(not_found)?);
        self.list_assignments(caller.organisation, subject, checked).await
    }

    /// The contact an id stands for now: merges are followed.
    async fn present_contact(
        &self,
        organisation: OrganisationId,
        id: ContactId,
    ) -> Result<Option<ContactId>> {
        let mut id = id;
        for _ in 0..MERGES_MAX {
            match self.stores.journeys.contact(organisation, id).await? {
                None => return Ok(None),
                Some(contact) => match contact.merged_into {
                    None => return Ok(Some(contact.id)),
                    Some(into) => id = into,
                },
            }
        }
        let context = format!("external contact {id}: its merges lead in a circle");
        Err(wayfare_store::Error::Corrupt { context }.into())
    }

    async fn list_assignments(
        &self,
        organisation: OrganisationId,
        subject: AssignmentSubject,
        checked: Checked,
    ) -> Result<CursorPage<Assignment>> {
        self.ingest.settle(self.now()).await?;
        let query = AssignmentQuery { subject, scope: checked.scope, state: checked.state };
        let wanted = checked.page_size + 1;
        let journeys = &self.stores.journeys;
        let mut entities =
            journeys.assignments(organisation, &query, checked.after, wanted).await?;
        let has_more = entities.len() > checked.page_size;
        entities.truncate(checked.page_size);
        let last = entities.last().filter(|_| has_more);
        let next = last
            .map(|last| cursor::write(AssignmentPlace { assigned: last.assigned, id: last.id }));
        Ok(CursorPage { entities, next })
    }
}

/// E-mail addresses and phone numbers are compared in normal form; what has none stays as it is.
fn normal_form(customer: CustomerKey) -> CustomerKey {
    let normal = match customer.id_type.as_str() {
        CustomerKey::EMAIL => contacts::email(&customer.id),
        CustomerKey::PHONE => contacts::phone(&customer.id),
        _ => None,
    };
    normal.unwrap_or(customer)
}

impl AssignmentListRequest {
    fn check(&self) -> Result<Checked, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let page_size = cursor_page_size(self.page_size.as_deref())?;
        let after = given(&self.after).map(|text| cursor::read(&text)).transpose()?;
        let mut faults = Vec::new();
        let scope = given(&self.segment_scope).and_then(|text| {
            let allowed = Scope::ALL.map(Scope::as_str).join(", ");
            let refused = |()| faults.push(bad_parameter("segmentScope", &text, &allowed));
            text.parse().map_err(refused).ok()
        });
        let state = given(&self.assignment_state).and_then(|text| {
            let allowed = AssignmentState::ALL.map(AssignmentState::as_str).join(", ");
            let refused = |()| faults.push(bad_parameter("assignmentState", &text, &allowed));
            text.parse().map_err(refused).ok()
        });
        if faults.is_empty() {
            Ok(Checked { page_size, after, scope, state })
        } else {
            Err(Problem::from_faults(faults))
        }
    }
}
