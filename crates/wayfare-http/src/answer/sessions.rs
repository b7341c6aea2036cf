//! Sessions.

use wayfare_app::paging::CursorPage;
use wayfare_model::id::SessionId;
use wayfare_model::session;
use wayfare_model::wire::{
    AssignedSegment, Session, SessionLastEvent, SessionListing, SessionSegmentAssignment,
};

use super::pages::CursorUris;
use super::{assignments, date, number, segments, visit};

/// Where a session is.
pub(crate) fn uri(id: SessionId) -> String {
    format!("/api/v2/journey/sessions/{id}")
}

/// A session.
pub(crate) fn session(session: &session::Session) -> Session {
    let last_event = &session.last_event;
    let duration_s = last_event.created.ms_since(session.started) / 1_000;
    Session {
        id: Some(session.id.to_string()),
        external_contact: Some(assignments::contact(session.contact)),
        customer_id: Some(session.customer.id.clone()),
        customer_id_type: Some(session.customer.id_type.clone()),
        type_: Some(session.session_type.clone()),
        external_id: session.external_id.clone(),
        segment_assignments: Some(session.segments.iter().map(segment).collect()),
        attributes: visit::attributes(&session.attributes),
        browser: session.browser.as_ref().map(visit::browser),
        device: session.device.as_ref().map(visit::device),
        geolocation: session.geolocation.as_ref().map(visit::geolocation),
        ip_address: session.ip_address.clone(),
        ip_organization: session.ip_organization.clone(),
        last_page: session.last_page.as_ref().map(visit::journey_page),
        mkt_campaign: session.campaign.as_ref().map(visit::campaign),
        referrer: session.referrer.as_ref().map(visit::referrer),
        app: session.app.as_ref().map(visit::app),
        sdk_library: session.sdk_library.as_ref().map(visit::sdk_library),
        network_connectivity: session.network_connectivity.as_ref().map(visit::network),
        search_terms: (!session.search_terms.is_empty()).then(|| session.search_terms.clone()),
        user_agent_string: session.user_agent.clone(),
        duration_in_seconds: Some(duration_s),
        event_count: number(session.event_count),
        pageview_count: number(session.pageview_count),
        screenview_count: number(session.screenview_count),
        last_event: Some(SessionLastEvent {
            id: Some(last_event.id.to_string()),
            event_name: Some(last_event.name.clone()),
            created_date: date(last_event.created),
        }),
        authenticated: session.authenticated,
        last_screen: session.last_screen.clone(),
        self_uri: Some(uri(session.id)),
        created_date: date(session.started),
        ended_date: session.ended.and_then(date),
        away_date: date(session.ends),
        ..Session::default()
    }
}

fn segment(assigned: &session::SessionSegment) -> SessionSegmentAssignment {
    SessionSegmentAssignment {
        segment: Some(AssignedSegment {
            id: Some(assigned.segment.to_string()),
            self_uri: Some(segments::uri(assigned.segment)),
        }),
        assigned_date: date(assigned.assigned),
    }
}

/// A page of sessions.
pub(crate) fn listing(page: &CursorPage<session::Session>, uris: CursorUris) -> SessionListing {
    SessionListing {
        entities: Some(page.entities.iter().map(session).collect()),
        next_uri: uris.next,
        self_uri: uris.itself,
        previous_uri: None,
    }
}
