//! Listing assignments of a session, a customer or a contact.

use wayfare_model::assignment::{Assignment, AssignmentState};
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, OrganisationId, SessionId};
use wayfare_model::problem::Problem;
use wayfare_model::segment::Scope;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};

use crate::access::Caller;
use crate::app::App;
use crate::contacts::{contact_id, normal_form};
use crate::error::Result;
use crate::paging::cursor::{Cursors, Place};
use crate::paging::{CursorPage, bad_parameter, cursor_page_size};

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
    cursors: Cursors,
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
        let not_found = || Problem::not_found("session", session);
        let id: SessionId = session.parse().map_err(|_| not_found())?;
        let checked = request.check(self.cursors(caller, "session", &[&id.to_string()])?)?;
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
        let customer = normal_form(customer);
        let parts = [customer.id_type.as_str(), customer.id.as_str()];
        let checked = request.check(self.cursors(caller, "customer", &parts)?)?;
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
        let id = contact_id(contact)?;
        let checked = request.check(self.cursors(caller, "contact", &[&id.to_string()])?)?;
        let subject = AssignmentSubject::Contact(self.present_contact(caller, id).await?.id);
        self.list_assignments(caller.organisation, subject, checked).await
    }

    /// The cursors of the list of a subject; filters may change from page to page.
    fn cursors(&self, caller: &Caller, subject: &str, parts: &[&str]) -> Result<Cursors> {
        let ids = self.organisation(caller.organisation)?.ids;
        Ok(Cursors::of(&ids, &format!("assignments of {subject}"), parts))
    }

    async fn list_assignments(
        &self,
        organisation: OrganisationId,
        subject: AssignmentSubject,
        checked: Checked,
    ) -> Result<CursorPage<Assignment>> {
        self.ingest.settle(organisation, self.now()).await?;
        let query = AssignmentQuery { subject, scope: checked.scope, state: checked.state };
        let journeys = &self.stores.journeys;
        let entities = journeys
            .assignments(organisation, &query, checked.after, checked.page_size + 1)
            .await?;
        self.check_shown(organisation, &entities)?;
        let cursor = |last: &Assignment| {
            let place = Place { moment: last.assigned, kind: 0, id: last.id.as_uuid() };
            checked.cursors.write(place)
        };
        Ok(CursorPage::cut(entities, checked.page_size, cursor))
    }

    /// Says whether assignments, and the sessions that some of them end with, have become what they
    /// should be by now.
    ///
    /// # Errors
    /// When it is not known, since something stored cannot be read.
    pub(super) fn check_shown(
        &self,
        organisation: OrganisationId,
        shown: &[Assignment],
    ) -> Result<()> {
        let sessions = shown.iter().filter_map(|shown| Some(shown.session.as_ref()?.id));
        self.ingest.check_settled(organisation, sessions, shown.iter().map(|shown| shown.id))
    }
}

impl AssignmentListRequest {
    fn check(&self, cursors: Cursors) -> Result<Checked, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let page_size = cursor_page_size(self.page_size.as_deref())?;
        let after = cursors.read(self.after.as_deref())?.map(|place| AssignmentPlace {
            assigned: place.moment,
            id: AssignmentId::from_uuid(place.id),
        });
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
            Ok(Checked { cursors, page_size, after, scope, state })
        } else {
            Err(Problem::from_faults(faults))
        }
    }
}
