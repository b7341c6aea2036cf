//! Rows of sessions.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::id::{AssignmentId, ContactId, EventId, SegmentId, SessionId};
use wayfare_model::session;
use wayfare_model::time::Moment;
use wayfare_store::error::Result;

use super::Stored;
use super::customer::{Attributes, Customer, read_attributes, write_attributes};
use super::event::{App, Network, SdkLibrary, Stream};
use super::progress::Progress;
use super::visit::{Browser, Campaign, Device, Geolocation, Page, Referrer};

/// The event that came last.
#[derive(Debug, Serialize, Deserialize)]
struct LastEvent {
    id: Uuid,
    name: String,
    created: i64,
}

/// A segment assigned in the session.
#[derive(Debug, Serialize, Deserialize)]
struct SessionSegment {
    segment: Uuid,
    assignment: Uuid,
    assigned: i64,
}

impl From<session::SessionSegment> for SessionSegment {
    fn from(model: session::SessionSegment) -> Self {
        Self {
            segment: model.segment.as_uuid(),
            assignment: model.assignment.as_uuid(),
            assigned: model.assigned.as_ms(),
        }
    }
}

impl From<SessionSegment> for session::SessionSegment {
    fn from(stored: SessionSegment) -> Self {
        Self {
            segment: SegmentId::from_uuid(stored.segment),
            assignment: AssignmentId::from_uuid(stored.assignment),
            assigned: Moment::from_ms(stored.assigned),
        }
    }
}

/// The body of a session.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    customer: Customer,
    stream: Stream,
    #[serde(rename = "type")]
    session_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    recorded: bool,
    emitted: i64,
    last_event: LastEvent,
    ends: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed_by_campaign: Option<i64>,
    events: u32,
    pageviews: u32,
    screenviews: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    browser: Option<Browser>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip_organization: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Geolocation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign: Option<Campaign>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    referrer: Option<Referrer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<App>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    library: Option<SdkLibrary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_page: Option<Page>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_screen: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    searches: Vec<String>,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    segments: Vec<SessionSegment>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    progress: Vec<Progress>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decides: Option<i64>,
}

impl From<session::Session> for Body {
    fn from(model: session::Session) -> Self {
        Self {
            customer: model.customer.into(),
            stream: model.stream.into(),
            session_type: model.session_type,
            external_id: model.external_id,
            recorded: model.recorded,
            emitted: model.emitted.as_ms(),
            last_event: LastEvent {
                id: model.last_event.id.as_uuid(),
                name: model.last_event.name,
                created: model.last_event.created.as_ms(),
            },
            ends: model.ends.as_ms(),
            ended: model.ended.map(Moment::as_ms),
            closed_by_campaign: model.closed_by_campaign.map(Moment::as_ms),
            events: model.event_count,
            pageviews: model.pageview_count,
            screenviews: model.screenview_count,
            user_agent: model.user_agent,
            browser: model.browser.map(Into::into),
            device: model.device.map(Into::into),
            ip: model.ip_address,
            ip_organization: model.ip_organization,
            place: model.geolocation.map(Into::into),
            campaign: model.campaign.map(Into::into),
            referrer: model.referrer.map(Into::into),
            app: model.app.map(Into::into),
            library: model.sdk_library.map(Into::into),
            network: model.network_connectivity.map(Into::into),
            authenticated: model.authenticated,
            last_page: model.last_page.map(Into::into),
            last_screen: model.last_screen,
            searches: model.search_terms,
            attributes: write_attributes(model.attributes),
            segments: model.segments.into_iter().map(Into::into).collect(),
            progress: model.progress.into_iter().map(Into::into).collect(),
            decides: model.decides.map(Moment::as_ms),
        }
    }
}

/// Reads the columns `id, contact, started, body`.
pub(crate) fn read(row: &Row<'_>) -> Result<session::Session> {
    let stored = Stored::new("session", 1, row);
    let body: Body = stored.body(3)?;
    Ok(session::Session {
        id: SessionId::from_uuid(stored.id(0)?),
        customer: body.customer.into(),
        contact: ContactId::from_uuid(stored.id(1)?),
        stream: body.stream.into(),
        session_type: body.session_type,
        external_id: body.external_id,
        recorded: body.recorded,
        started: stored.moment(2)?,
        emitted: Moment::from_ms(body.emitted),
        last_event: session::LastEvent {
            id: EventId::from_uuid(body.last_event.id),
            name: body.last_event.name,
            created: Moment::from_ms(body.last_event.created),
        },
        ends: Moment::from_ms(body.ends),
        ended: body.ended.map(Moment::from_ms),
        closed_by_campaign: body.closed_by_campaign.map(Moment::from_ms),
        event_count: body.events,
        pageview_count: body.pageviews,
        screenview_count: body.screenviews,
        user_agent: body.user_agent,
        browser: body.browser.map(Into::into),
        device: body.device.map(Into::into),
        ip_address: body.ip,
        ip_organization: body.ip_organization,
        geolocation: body.place.map(Into::into),
        campaign: body.campaign.map(Into::into),
        referrer: body.referrer.map(Into::into),
        app: body.app.map(Into::into),
        sdk_library: body.library.map(Into::into),
        network_connectivity: body.network.map(Into::into),
        authenticated: body.authenticated,
        last_page: body.last_page.map(Into::into),
        last_screen: body.last_screen,
        search_terms: body.searches,
        attributes: read_attributes(body.attributes),
        segments: body.segments.into_iter().map(Into::into).collect(),
        progress: body.progress.into_iter().map(Into::into).collect(),
        decides: body.decides.map(Moment::from_ms),
    })
}
