//! Values for the cases: small ones to build on, and full ones in which nothing is absent.

mod full;

pub use full::{full_assignment, full_event, full_fact, full_session, full_visitor};

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use uuid::Uuid;
use wayfare_model::assignment::{Assignment, AssignmentOrigin, AssignmentSession, UnassignReason};
use wayfare_model::change::{AppliedEvent, Changes};
use wayfare_model::contact::{Contact, Identifier};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::fact::{Fact, Metric};
use wayfare_model::id::{
    AssignmentId, ContactId, EventId, FactId, OrganisationId, SegmentId, SessionId,
};
use wayfare_model::segment::Scope;
use wayfare_model::session::{LastEvent, Session, Visitor};
use wayfare_model::time::Moment;

use crate::Stores;
use crate::error::Result;
use crate::journeys::Batch;

/// The organisation of most cases.
pub const HERE: OrganisationId = OrganisationId::from_uuid(uuid(1));
/// Another organisation.
pub const THERE: OrganisationId = OrganisationId::from_uuid(uuid(2));

/// The UUID of a number; greater numbers give greater UUIDs, also beyond the middle of the range.
#[must_use]
pub const fn uuid(number: u8) -> Uuid {
    // The number leads, so that ids differ in the byte that decides their order.
    Uuid::from_u128(((number as u128) << 120) | 0x0001_4000_8000_0000_0000_0001)
}

/// A moment that many milliseconds after some morning of 2026.
#[must_use]
pub const fn at(ms: i64) -> Moment {
    Moment::from_ms(1_767_258_000_000 + ms)
}

/// A session's id.
#[must_use]
pub const fn session_id(number: u8) -> SessionId {
    SessionId::from_uuid(uuid(number))
}

/// An event's id.
#[must_use]
pub const fn event_id(number: u8) -> EventId {
    EventId::from_uuid(uuid(number))
}

/// An assignment's id.
#[must_use]
pub const fn assignment_id(number: u8) -> AssignmentId {
    AssignmentId::from_uuid(uuid(number))
}

/// A segment's id.
#[must_use]
pub const fn segment_id(number: u8) -> SegmentId {
    SegmentId::from_uuid(uuid(number))
}

/// A contact's id.
#[must_use]
pub const fn contact_id(number: u8) -> ContactId {
    ContactId::from_uuid(uuid(number))
}

/// A fact's id.
#[must_use]
pub const fn fact_id(number: u8) -> FactId {
    FactId::from_uuid(uuid(number))
}

/// A customer known by a cookie.
#[must_use]
pub fn customer(number: u8) -> CustomerKey {
    CustomerKey::cookie(format!("customer-{number}"))
}

/// A contact that is not stored yet.
#[must_use]
pub fn contact(number: u8) -> Contact {
    Contact {
        id: contact_id(number),
        revision: 0,
        created: at(0),
        merged_into: None,
        kept_apart: Vec::new(),
    }
}

/// An identifier that leads a customer to a contact.
#[must_use]
pub fn identifier(customer: CustomerKey, contact: u8) -> Identifier {
    Identifier { customer, contact: contact_id(contact), home: contact_id(contact) }
}

/// A visitor that is not stored yet: the customer and the contact of this number.
#[must_use]
pub fn visitor(number: u8) -> Visitor {
    Visitor {
        customer: customer(number),
        revision: 0,
        contact: contact_id(number),
        first_seen: at(0),
        last_seen: at(1),
        event_count: 1,
        pageview_count: 0,
        recent_sessions: Vec::new(),
        progress: Vec::new(),
    }
}

/// A session that goes on, of the customer and the contact of this number.
#[must_use]
pub fn session(number: u8) -> Session {
    Session {
        id: session_id(number),
        customer: customer(number),
        contact: contact_id(number),
        stream: Stream::Web,
        session_type: "web".to_owned(),
        external_id: None,
        recorded: false,
        started: at(0),
        emitted: at(0),
        last_event: LastEvent {
            id: event_id(number),
            name: "page_viewed".to_owned(),
            created: at(0),
        },
        ends: at(1_200_000),
        ended: None,
        closed_by_campaign: None,
        event_count: 1,
        pageview_count: 1,
        screenview_count: 0,
        user_agent: None,
        browser: None,
        device: None,
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: None,
        referrer: None,
        app: None,
        sdk_library: None,
        network_connectivity: None,
        authenticated: None,
        last_page: None,
        last_screen: None,
        search_terms: Vec::new(),
        attributes: BTreeMap::new(),
        segments: Vec::new(),
        progress: Vec::new(),
        decides: None,
    }
}

/// An event of the customer of this number, applied to the session of this number.
#[must_use]
pub fn event(number: u8) -> AppliedEvent {
    let event = Event {
        id: event_id(number),
        stream: Stream::Web,
        session_type: "web".to_owned(),
        arrival: Arrival::Live,
        customer: customer(number),
        recorded_session: None,
        name: "page_viewed".to_owned(),
        created: at(0),
        received: at(1),
        page: None,
        screen_name: None,
        search_query: None,
        app: None,
        sdk_library: None,
        network_connectivity: None,
        user_agent: None,
        browser: None,
        device: None,
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: None,
        referrer: None,
        attributes: BTreeMap::new(),
        traits: BTreeMap::new(),
        external_id: None,
        authenticated: None,
    };
    AppliedEvent { event, session: session_id(number) }
}

/// An assignment that holds: of scope Session, matched in the session of this number for the
/// customer, the contact and the segment of this number.
#[must_use]
pub fn assignment(number: u8) -> Assignment {
    Assignment {
        id: assignment_id(number),
        segment: segment_id(number),
        scope: Scope::Session,
        segment_version: 1,
        origin: AssignmentOrigin::Matched,
        customer: Some(customer(number)),
        contact: contact_id(number),
        made_on: None,
        session: in_session(number),
        assigned: at(0),
        emitted: at(0),
        modified: at(0),
        expires: None,
        unassigned: None,
    }
}

/// The session of an assignment.
#[must_use]
pub fn in_session(number: u8) -> Option<AssignmentSession> {
    Some(AssignmentSession { id: session_id(number), session_type: "web".to_owned() })
}

/// Why an assignment does not hold, for those that do not.
#[must_use]
pub const fn ended() -> Option<(Moment, UnassignReason)> {
    Some((at(5), UnassignReason::Api))
}

/// A fact of a session's beginning.
#[must_use]
pub fn fact(number: u8) -> Fact {
    Fact {
        id: fact_id(number),
        metric: Metric::JourneySessions,
        emitted: at(0),
        happened: at(0),
        value: None,
        dimensions: BTreeMap::new(),
    }
}

/// Commits changes to an organisation.
///
/// # Errors
/// What the store says.
pub async fn commit(stores: &Stores, organisation: OrganisationId, changes: Changes) -> Result<()> {
    stores.journeys.commit(organisation, Batch { changes, ..Batch::default() }).await
}

/// Runs futures side by side until all are done; gives what they gave, in their order.
pub async fn side_by_side<T>(futures: Vec<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> Vec<T> {
    let mut waiting: Vec<_> = futures.into_iter().map(Some).collect();
    let mut outputs: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in waiting.iter_mut().zip(&mut outputs) {
            if let Some(running) = future
                && let Poll::Ready(value) = running.as_mut().poll(context)
            {
                *output = Some(value);
                *future = None;
            }
        }
        if waiting.iter().all(Option::is_none) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
