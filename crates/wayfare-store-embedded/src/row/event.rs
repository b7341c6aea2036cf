//! Rows of events.

use rusqlite::Row;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wayfare_model::change::AppliedEvent;
use wayfare_model::event;
use wayfare_model::id::{EventId, SessionId};
use wayfare_store::error::Result;

use super::Stored;
use super::customer::{Attributes, Customer, read_attributes, write_attributes};
use super::mirror::{mirror, words};
use super::visit::{Browser, Campaign, Device, Geolocation, Page, Referrer};

words! {
    /// The stream of an event or a session.
    Stream = event::Stream {
        Web = "web",
        App = "app",
    }
}

words! {
    /// How an event came in.
    Arrival = event::Arrival {
        Live = "live",
        Replay = "replay",
    }
}

mirror! {
    /// A mobile app.
    App = event::App {
        required {}
        optional {
            name: String = "name",
            namespace: String = "namespace",
            version: String = "version",
            build_number: String = "build",
        }
        nested {}
    }
}

mirror! {
    /// A library that sends events.
    SdkLibrary = event::SdkLibrary {
        required {}
        optional { name: String = "name", version: String = "version", }
        nested {}
    }
}

mirror! {
    /// A device's network.
    Network = event::NetworkConnectivity {
        required {}
        optional {
            carrier: String = "carrier",
            bluetooth_enabled: bool = "bluetooth",
            cellular_enabled: bool = "cellular",
            wifi_enabled: bool = "wifi",
        }
        nested {}
    }
}

/// The body of an event.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Body {
    name: String,
    stream: Stream,
    session_type: String,
    arrival: Arrival,
    customer: Customer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_session: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    screen: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    search: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app: Option<App>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    library: Option<SdkLibrary>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
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
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    attributes: Attributes,
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    traits: Attributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
}

impl From<event::Event> for Body {
    fn from(model: event::Event) -> Self {
        Self {
            name: model.name,
            stream: model.stream.into(),
            session_type: model.session_type,
            arrival: model.arrival.into(),
            customer: model.customer.into(),
            recorded_session: model.recorded_session.map(SessionId::as_uuid),
            page: model.page.map(Into::into),
            screen: model.screen_name,
            search: model.search_query,
            app: model.app.map(Into::into),
            library: model.sdk_library.map(Into::into),
            network: model.network_connectivity.map(Into::into),
            user_agent: model.user_agent,
            browser: model.browser.map(Into::into),
            device: model.device.map(Into::into),
            ip: model.ip_address,
            ip_organization: model.ip_organization,
            place: model.geolocation.map(Into::into),
            campaign: model.campaign.map(Into::into),
            referrer: model.referrer.map(Into::into),
            attributes: write_attributes(model.attributes),
            traits: write_attributes(model.traits),
            external_id: model.external_id,
            authenticated: model.authenticated,
        }
    }
}

/// Reads the columns `id, session, created, received, body`.
pub(crate) fn read(row: &Row<'_>) -> Result<AppliedEvent> {
    let stored = Stored::new("event", 1, row);
    let body: Body = stored.packed_body(4)?;
    let event = event::Event {
        id: EventId::from_uuid(stored.id(0)?),
        stream: body.stream.into(),
        session_type: body.session_type,
        arrival: body.arrival.into(),
        customer: body.customer.into(),
        recorded_session: body.recorded_session.map(SessionId::from_uuid),
        name: body.name,
        created: stored.moment(2)?,
        received: stored.moment(3)?,
        page: body.page.map(Into::into),
        screen_name: body.screen,
        search_query: body.search,
        app: body.app.map(Into::into),
        sdk_library: body.library.map(Into::into),
        network_connectivity: body.network.map(Into::into),
        user_agent: body.user_agent,
        browser: body.browser.map(Into::into),
        device: body.device.map(Into::into),
        ip_address: body.ip,
        ip_organization: body.ip_organization,
        geolocation: body.place.map(Into::into),
        campaign: body.campaign.map(Into::into),
        referrer: body.referrer.map(Into::into),
        attributes: read_attributes(body.attributes),
        traits: read_attributes(body.traits),
        external_id: body.external_id,
        authenticated: body.authenticated,
    };
    Ok(AppliedEvent { event, session: SessionId::from_uuid(stored.id(1)?) })
}
