//! Why somebody is in a segment, or is not.

use wayfare_engine::explain::{Case, Explanation, explain};
use wayfare_model::assignment::UnassignReason;
use wayfare_model::customer::CustomerKey;
use wayfare_model::id::{AssignmentId, OrganisationId, SegmentId, SessionId};
use wayfare_model::limits::{HISTORY_EVENTS_MAX, HISTORY_SESSIONS_MAX};
use wayfare_model::problem::{Problem, ProblemKind};
use wayfare_model::segment::{Scope, Segment};
use wayfare_model::session::Session;
use wayfare_model::time::Moment;
use wayfare_store::documents::Kind;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject};

use super::change::ENTITY;
use super::document;
use crate::access::Caller;
use crate::app::App;
use crate::contacts::normal_form;
use crate::error::Result;
use crate::history;
use crate::paging::bad_parameter;

/// Rows read at once.
const PAGE: usize = 1_000;

/// An explanation, and what it is about.
#[derive(Debug)]
pub struct Explained {
    /// The session that was looked at.
    pub session: SessionId,
    /// As of when.
    pub at: Moment,
    /// Why, or why not.
    pub explanation: Explanation,
}

impl App {
    /// Why a segment is, or is not, assigned in a session.
    ///
    /// # Errors
    /// Not found, also for a session that had not begun; a bad `at`;
    /// [`ProblemKind::LimitExceeded`] for a history that is too long to be looked at.
    pub async fn explain_in_session(
        &self,
        caller: &Caller,
        session: &str,
        segment: &str,
        at: Option<&str>,
    ) -> Result<Explained> {
        let at = self.moment(at)?;
        let session = self.get_session(caller, session).await?;
        self.explain(caller, session, segment, at).await
    }

    /// Why a segment is, or is not, assigned to a customer: in the latest session that had begun.
    ///
    /// # Errors
    /// As [`App::explain_in_session`].
    pub async fn explain_for_customer(
        &self,
        caller: &Caller,
        customer: CustomerKey,
        segment: &str,
        at: Option<&str>,
    ) -> Result<Explained> {
        let at = self.moment(at)?;
        self.ingest.settle(caller.organisation, self.now()).await?;
        let customer = normal_form(customer);
        let not_found =
            || Problem::not_found("customer", format!("{}/{}", customer.id_type, customer.id));
        let organisation = caller.organisation;
        let identifier = self.stores.journeys.identifier(organisation, &customer).await?;
        let contact = identifier.ok_or_else(not_found)?.contact;
        let own = (customer.id_type == CustomerKey::COOKIE).then_some(&customer);
        let sessions = history::sessions(&self.stores, organisation, contact, own).await?;
        let latest = sessions.into_iter().find(|session| session.started <= at);
        self.explain(caller, latest.ok_or_else(not_found)?, segment, at).await
    }

    async fn explain(
        &self,
        caller: &Caller,
        session: Session,
        segment: &str,
        at: Moment,
    ) -> Result<Explained> {
        let organisation = caller.organisation;
        let versions = self.versions(organisation, segment).await?;
        let Some(scope) = versions.last().map(|last| last.scope) else {
            return Err(Problem::not_found(ENTITY, segment).into());
        };
        let id = session.id;
        let subject = match scope {
            Scope::Session => AssignmentSubject::Session(id),
            Scope::Customer => AssignmentSubject::Customer {
                customer: session.customer.clone(),
                contact: session.contact,
            },
        };
        let ended_by_clients = self.ended_by_clients(organisation, subject, &versions).await?;
        let sessions = match scope {
            Scope::Session => vec![session],
            Scope::Customer => {
                let customer = Some(&session.customer);
                history::sessions(&self.stores, organisation, session.contact, customer).await?
            }
        };
        let history = history::of(&self.stores, organisation, sessions).await?;
        if history.is_cut {
            let message = format!(
                "the history has more than {HISTORY_EVENTS_MAX} events or {HISTORY_SESSIONS_MAX} \
                 sessions, which is too long to be explained"
            );
            return Err(Problem::new(ProblemKind::LimitExceeded, message).into());
        }
        let case = Case {
            ids: self.organisation(organisation)?.ids,
            settings: self.sessions,
            versions: &versions,
            session: id,
            sessions: &history.sessions,
            events: &history.events,
            ended_by_clients: &ended_by_clients,
            at,
        };
        let explained = explain(&case).map_err(|error| wayfare_store::Error::Corrupt {
            context: format!("a segment's conditions: {error}"),
        })?;
        let not_begun = || Problem::not_found("session", id);
        Ok(Explained { session: id, at, explanation: explained.ok_or_else(not_begun)? })
    }

    /// Every version of a segment, also of one that was deleted.
    async fn versions(&self, organisation: OrganisationId, id: &str) -> Result<Vec<Segment>> {
        let segment: SegmentId = id.parse().map_err(|_| Problem::not_found(ENTITY, id))?;
        let mut versions: Vec<Segment> = Vec::new();
        loop {
            let last = versions.last().map_or(0, |last| last.version);
            let documents = &self.stores.documents;
            let page = documents
                .history(organisation, Kind::Segment, segment.as_uuid(), last, PAGE)
                .await?;
            for found in &page {
                versions.push(document::from_document(found)?);
            }
            if page.len() < PAGE {
                return Ok(versions);
            }
        }
    }

    async fn ended_by_clients(
        &self,
        organisation: OrganisationId,
        subject: AssignmentSubject,
        versions: &[Segment],
    ) -> Result<Vec<(AssignmentId, Moment)>> {
        let segment = versions.first().map(|version| version.id);
        let query = AssignmentQuery { subject, scope: None, state: None };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let journeys = &self.stores.journeys;
            let page = journeys.assignments(organisation, &query, after, PAGE).await?;
            after =
                page.last().map(|last| AssignmentPlace { assigned: last.assigned, id: last.id });
            for made in page.iter().filter(|made| Some(made.segment) == segment) {
                if let Some((moment, UnassignReason::Api)) = made.unassigned {
                    found.push((made.id, moment));
                }
            }
            if page.len() < PAGE {
                return Ok(found);
            }
        }
    }

    /// The parameter `at`: now, when it is absent.
    fn moment(&self, at: Option<&str>) -> Result<Moment, Problem> {
        let now = self.now();
        let Some(text) = at else { return Ok(now) };
        Moment::parse(text).ok().filter(|at| *at <= now).ok_or_else(|| {
            let allowed = "moments up to now, like 2026-11-22T09:00:00Z";
            Problem::from_faults(vec![bad_parameter("at", text, allowed)])
        })
    }
}
