//! What happened in a session: its events, and the segments assigned in it, by time.

use uuid::Uuid;
use wayfare_model::assignment::Assignment;
use wayfare_model::event::{Event, Stream};
use wayfare_model::id::{AssignmentId, EventId, OrganisationId};
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::session::Session;
use wayfare_store::journeys::{AssignmentPlace, AssignmentQuery, AssignmentSubject, EventPlace};

use crate::access::Caller;
use crate::app::App;
use crate::error::Result;
use crate::paging::cursor::{Cursors, Place};
use crate::paging::{CursorPage, CursorRequest, bad_parameter, cursor_page_size};

/// What all types of events begin with.
const TYPE_PREFIX: &str = "com.genesys.journey.";
/// The types of the contract. Outcomes and web actions do not happen here, so that these two find
/// nothing.
const TYPES: [&str; 5] =
    ["WebEvent", "AppEvent", "SegmentAssignmentEvent", "OutcomeAchievedEvent", "WebActionEvent"];

/// The parameters of a list of a session's events, as they came.
#[derive(Debug, Clone, Default)]
pub struct SessionEventsRequest {
    /// `pageSize` and `after`.
    pub cursor: CursorRequest,
    /// `eventType`: only of these types; of all, when empty.
    pub event_types: Vec<String>,
}

/// One thing that happened in a session.
#[derive(Debug, Clone)]
pub enum SessionEvent {
    /// An event from a site or an app.
    Event(Box<Event>),
    /// A segment was assigned.
    Assigned(Box<Assignment>),
}

/// What a list of a session's events shows.
#[derive(Debug, Clone)]
pub struct SessionEntry {
    /// What happened.
    pub event: SessionEvent,
    /// Events and page views of the customer over all sessions, up to now.
    pub totals: (u64, u64),
}

impl SessionEvent {
    /// Where it stands: what was assigned by an event comes after the event.
    fn place(&self) -> Place {
        match self {
            Self::Event(event) => Place { moment: event.created, kind: 0, id: event.id.as_uuid() },
            Self::Assigned(made) => Place { moment: made.assigned, kind: 1, id: made.id.as_uuid() },
        }
    }
}

impl App {
    /// What happened in a session, the earliest first.
    ///
    /// # Errors
    /// Not found; bad parameters.
    pub async fn list_session_events(
        &self,
        caller: &Caller,
        id: &str,
        request: &SessionEventsRequest,
    ) -> Result<(Session, CursorPage<SessionEntry>)> {
        let size = cursor_page_size(request.cursor.page_size.as_deref())?;
        let types = types(&request.event_types)?;
        let session = self.get_session(caller, id).await?;
        let ids = self.organisation(caller.organisation)?.ids;
        let cursors = Cursors::of(&ids, "events of session", &[&session.id.to_string()]);
        let after = cursors.read(request.cursor.after.as_deref())?;
        let is_wanted = |name: &str| types.is_empty() || types.contains(&name);
        let own_type = match session.stream {
            Stream::Web => "WebEvent",
            Stream::App => "AppEvent",
        };
        let mut all = Vec::new();
        if is_wanted(own_type) {
            all.extend(self.events(caller.organisation, &session, after, size + 1).await?);
        }
        if is_wanted("SegmentAssignmentEvent") {
            all.extend(self.assigned(caller.organisation, &session, after, size + 1).await?);
        }
        all.sort_by_key(|event| {
            let place = event.place();
            (place.moment, place.kind, place.id)
        });
        all.truncate(size + 1);
        let journeys = &self.stores.journeys;
        let visitor = journeys.visitor(caller.organisation, &session.customer).await?;
        let totals = visitor.map_or((0, 0), |seen| (seen.event_count, seen.pageview_count));
        let entries = all.into_iter().map(|event| SessionEntry { event, totals }).collect();
        let cursor = |last: &SessionEntry| cursors.write(last.event.place());
        Ok((session, CursorPage::cut(entries, size, cursor)))
    }

    async fn events(
        &self,
        organisation: OrganisationId,
        session: &Session,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<SessionEvent>> {
        // Behind an assignment, all events of its moment were seen.
        let after = after.map(|place| EventPlace {
            created: place.moment,
            id: EventId::from_uuid(if place.kind == 0 { place.id } else { Uuid::max() }),
        });
        let journeys = &self.stores.journeys;
        let found = journeys.events_of_session(organisation, session.id, after, limit).await?;
        Ok(found.into_iter().map(|applied| SessionEvent::Event(Box::new(applied.event))).collect())
    }

    async fn assigned(
        &self,
        organisation: OrganisationId,
        session: &Session,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<SessionEvent>> {
        // Behind an event, no assignment of its moment was seen.
        let after = after.map(|place| AssignmentPlace {
            assigned: place.moment,
            id: AssignmentId::from_uuid(if place.kind == 0 { Uuid::nil() } else { place.id }),
        });
        let subject = AssignmentSubject::Session(session.id);
        let query = AssignmentQuery { subject, scope: None, state: None };
        let found = self.stores.journeys.assignments(organisation, &query, after, limit).await?;
        Ok(found.into_iter().map(|made| SessionEvent::Assigned(Box::new(made))).collect())
    }
}

/// The names of the types asked for, without what all begin with.
fn types(asked: &[String]) -> Result<Vec<&'static str>, Problem> {
    let mut faults: Vec<Fault> = Vec::new();
    let mut types = Vec::new();
    for text in asked {
        let name = text.strip_prefix(TYPE_PREFIX);
        match TYPES.into_iter().find(|known| Some(*known) == name) {
            Some(known) => types.push(known),
            None => {
                let allowed = TYPES.map(|name| format!("{TYPE_PREFIX}{name}")).join(", ");
                faults.push(bad_parameter("eventType", text, &allowed));
            }
        }
    }
    if faults.is_empty() { Ok(types) } else { Err(Problem::from_faults(faults)) }
}
