//! The answers to web and app events: what was sent, and what came of it.

use wayfare_app::ingest::live::{Recorded, SessionSummary};
use wayfare_model::wire::{
    AppEventResponse, AppEventResponseSession, WebEventResponse, WebEventResponseSession,
};

use super::{date, number, sessions, visit};

/// The answer to a web event.
pub(crate) fn web_event(recorded: &Recorded) -> WebEventResponse {
    let event = &recorded.event;
    WebEventResponse {
        customer_id: Some(event.customer.id.clone()),
        customer_id_type: Some(event.customer.id_type.clone()),
        event_name: Some(event.name.clone()),
        page: event.page.as_ref().map(visit::page),
        user_agent_string: event.user_agent.clone(),
        browser: event.browser.as_ref().map(visit::web_event_browser),
        device: event.device.as_ref().map(visit::web_event_device),
        search_query: event.search_query.clone(),
        ip_organization: event.ip_organization.clone(),
        geolocation: event.geolocation.as_ref().map(visit::geolocation),
        mkt_campaign: event.campaign.as_ref().map(visit::campaign),
        session: Some(web_session(&recorded.session)),
        referrer: event.referrer.as_ref().map(visit::referrer),
        attributes: visit::attributes(&event.attributes),
        traits: visit::attributes(&event.traits),
        authenticated: event.authenticated,
        external_id: event.external_id.clone(),
        created_date: date(event.created),
    }
}

fn web_session(session: &SessionSummary) -> WebEventResponseSession {
    WebEventResponseSession {
        id: Some(session.id.to_string()),
        duration_in_seconds: Some(duration_s(session)),
        event_count: number(session.event_count),
        pageview_count: number(session.pageview_count),
        referrer: session.referrer.as_ref().map(visit::referrer),
        self_uri: Some(sessions::uri(session.id)),
        created_date: date(session.started),
    }
}

/// The answer to an app event.
pub(crate) fn app_event(recorded: &Recorded) -> AppEventResponse {
    let event = &recorded.event;
    AppEventResponse {
        id: Some(event.id.to_string()),
        customer_id: Some(event.customer.id.clone()),
        customer_id_type: Some(event.customer.id_type.clone()),
        event_name: Some(event.name.clone()),
        screen_name: event.screen_name.clone(),
        app: event.app.as_ref().map(visit::app),
        device: event.device.as_ref().map(visit::device),
        ip_organization: event.ip_organization.clone(),
        geolocation: event.geolocation.as_ref().map(visit::geolocation),
        sdk_library: event.sdk_library.as_ref().map(visit::sdk_library),
        network_connectivity: event.network_connectivity.as_ref().map(visit::network),
        mkt_campaign: event.campaign.as_ref().map(visit::campaign),
        session: Some(app_session(&recorded.session)),
        search_query: event.search_query.clone(),
        attributes: visit::attributes(&event.attributes),
        traits: visit::attributes(&event.traits),
        external_id: event.external_id.clone(),
        created_date: date(event.created),
    }
}

fn app_session(session: &SessionSummary) -> AppEventResponseSession {
    AppEventResponseSession {
        id: Some(session.id.to_string()),
        duration_in_seconds: Some(duration_s(session)),
        event_count: number(session.event_count),
        screenview_count: number(session.screenview_count),
        referrer: session.referrer.as_ref().map(visit::referrer),
        self_uri: Some(sessions::uri(session.id)),
        created_date: date(session.started),
    }
}

fn duration_s(session: &SessionSummary) -> i64 {
    session.last.ms_since(session.started) / 1_000
}
