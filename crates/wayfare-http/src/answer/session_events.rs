//! What happened in a session, as it is read later (domain, 2.6).
//!
//! `correlationId` has no value here: an event is known by its id alone.

use wayfare_app::paging::CursorPage;
use wayfare_app::sessions::{SessionEntry, SessionEvent};
use wayfare_model::assignment::Assignment;
use wayfare_model::event;
use wayfare_model::session::Session;
use wayfare_model::wire::{
    AddressableEntityRef, AppEvent, Event, EventListing, EventSession, SegmentAssignmentEvent,
    WebEvent,
};

use super::pages::CursorUris;
use super::{date, number, segments, sessions, visit};

/// A page of what happened in a session.
pub(crate) fn listing(
    of: &Session,
    page: &CursorPage<SessionEntry>,
    uris: CursorUris,
) -> EventListing {
    EventListing {
        entities: Some(page.entities.iter().map(|found| entry(of, found)).collect()),
        next_uri: uris.next,
        self_uri: uris.itself,
        previous_uri: None,
    }
}

fn entry(of: &Session, entry: &SessionEntry) -> Event {
    let session = EventSession {
        id: Some(of.id.to_string()),
        self_uri: Some(sessions::uri(of.id)),
        type_: Some(of.session_type.clone()),
    };
    let shown = match &entry.event {
        SessionEvent::Event(event) => recorded(event, entry.totals),
        SessionEvent::Assigned(made) => assigned(made),
    };
    Event { session: Some(session), ..shown }
}

fn recorded(event: &event::Event, totals: (u64, u64)) -> Event {
    let (name, web_event, app_event) = match event.stream {
        event::Stream::Web => ("WebEvent", Some(web(event, totals)), None),
        event::Stream::App => ("AppEvent", None, Some(app(event))),
    };
    Event {
        id: Some(event.id.to_string()),
        customer_id: Some(event.customer.id.clone()),
        customer_id_type: Some(event.customer.id_type.clone()),
        event_type: event_type(name),
        web_event,
        app_event,
        created_date: date(event.created),
        ..Event::default()
    }
}

/// The customer is always missing here, as it is in the original (domain, 2.6).
fn assigned(made: &Assignment) -> Event {
    let segment = AddressableEntityRef {
        id: Some(made.segment.to_string()),
        self_uri: Some(segments::uri(made.segment)),
    };
    Event {
        id: Some(made.id.to_string()),
        event_type: event_type("SegmentAssignmentEvent"),
        segment_assignment_event: Some(SegmentAssignmentEvent { segment: Some(segment) }),
        created_date: date(made.assigned),
        ..Event::default()
    }
}

fn event_type(name: &str) -> Option<String> {
    Some(format!("com.genesys.journey.{name}"))
}

fn web(event: &event::Event, (events, pageviews): (u64, u64)) -> WebEvent {
    WebEvent {
        event_name: Some(event.name.clone()),
        total_event_count: number(events),
        total_pageview_count: number(pageviews),
        page: event.page.as_ref().map(visit::journey_page),
        user_agent_string: event.user_agent.clone(),
        browser: event.browser.as_ref().map(visit::browser),
        device: event.device.as_ref().map(visit::device),
        geolocation: event.geolocation.as_ref().map(visit::geolocation),
        ip_address: event.ip_address.clone(),
        ip_organization: event.ip_organization.clone(),
        mkt_campaign: event.campaign.as_ref().map(visit::campaign),
        referrer: event.referrer.as_ref().map(visit::referrer),
        attributes: visit::attributes(&event.attributes),
        traits: visit::attributes(&event.traits),
        search_query: event.search_query.clone(),
        authenticated: event.authenticated,
    }
}

fn app(event: &event::Event) -> AppEvent {
    AppEvent {
        event_name: Some(event.name.clone()),
        screen_name: event.screen_name.clone(),
        app: event.app.as_ref().map(visit::app),
        device: event.device.as_ref().map(visit::device),
        ip_address: event.ip_address.clone(),
        ip_organization: event.ip_organization.clone(),
        geolocation: event.geolocation.as_ref().map(visit::geolocation),
        sdk_library: event.sdk_library.as_ref().map(visit::sdk_library),
        network_connectivity: event.network_connectivity.as_ref().map(visit::network),
        mkt_campaign: event.campaign.as_ref().map(visit::campaign),
        search_query: event.search_query.clone(),
        attributes: visit::attributes(&event.attributes),
        traits: visit::attributes(&event.traits),
    }
}
