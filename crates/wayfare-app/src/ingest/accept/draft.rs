//! An event on its way in: what was sent, checked, but not yet normalised.

use std::collections::BTreeMap;

use wayfare_model::attribute::Attribute;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{
    App as SendingApp, Arrival, Event, NetworkConnectivity, SdkLibrary, Stream,
};
use wayfare_model::id::{EventId, SessionId};
use wayfare_model::problem::Fault;
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Device, Geolocation, Page};
use wayfare_model::wire;

use super::{Reader, check};
use crate::ingest::normalise;

/// What was sent of an event.
#[derive(Default)]
pub(in crate::ingest) struct Draft {
    pub(super) cookie: String,
    pub(super) name: String,
    pub(super) created: Moment,
    pub(super) session_type: Option<String>,
    pub(super) recorded_session: Option<SessionId>,
    pub(super) page: Option<wire::RequestPage>,
    pub(super) screen_name: Option<String>,
    pub(super) search_query: Option<String>,
    pub(super) app: Option<SendingApp>,
    pub(super) sdk_library: Option<SdkLibrary>,
    pub(super) network_connectivity: Option<NetworkConnectivity>,
    pub(super) user_agent: Option<String>,
    pub(super) browser: Option<Browser>,
    pub(super) device: Option<Device>,
    pub(super) ip_address: Option<String>,
    pub(super) geolocation: Option<Geolocation>,
    pub(super) referrer_url: Option<String>,
    pub(super) attributes: BTreeMap<String, Attribute>,
    pub(super) traits: BTreeMap<String, Attribute>,
    pub(super) external_id: Option<String>,
    pub(super) authenticated: Option<bool>,
}

impl Draft {
    /// Reads what the texts say and makes the event. A page whose URL is none is a fault.
    pub(super) fn into_event(
        self,
        reader: &Reader,
        id: EventId,
        stream: Stream,
        arrival: Arrival,
        received: Moment,
        faults: &mut Vec<Fault>,
    ) -> Event {
        let page = self.page.and_then(|wire| page(wire, faults));
        let query = page.as_ref().and_then(|page| page.query_string.as_deref());
        let campaign = normalise::campaign(query);
        let referrer = self
            .referrer_url
            .as_deref()
            .and_then(|url| normalise::referrer(url, page.as_ref(), campaign.as_ref()));
        let parsed = self.user_agent.as_deref().map(|text| reader.user_agents.parse(text));
        let parsed_browser = parsed.as_deref().map(|agent| agent.browser.clone());
        let parsed_device = parsed.as_deref().map(|agent| agent.device.clone());
        let source = reader.geolocation.as_ref().zip(self.ip_address.as_deref());
        let geolocation =
            self.geolocation.or_else(|| source.and_then(|(source, ip)| source.place(ip)));
        Event {
            id,
            stream,
            session_type: self.session_type.unwrap_or_else(|| stream.session_type().to_owned()),
            arrival,
            customer: CustomerKey::cookie(self.cookie),
            recorded_session: self.recorded_session,
            name: self.name,
            created: self.created,
            received,
            page,
            screen_name: self.screen_name,
            search_query: self.search_query,
            app: self.app,
            sdk_library: self.sdk_library,
            network_connectivity: self.network_connectivity,
            user_agent: self.user_agent,
            browser: browser(self.browser, parsed_browser),
            device: device(self.device, parsed_device),
            ip_organization: source.and_then(|(source, ip)| source.organization(ip)),
            ip_address: self.ip_address,
            geolocation,
            campaign,
            referrer,
            attributes: self.attributes,
            traits: self.traits,
            external_id: self.external_id,
            authenticated: self.authenticated,
        }
    }
}

fn page(wire: wire::RequestPage, faults: &mut Vec<Fault>) -> Option<Page> {
    let url = check::required("page.url", wire.url, faults);
    if url.is_empty() {
        return None;
    }
    match normalise::page_parts(&url) {
        Ok(parts) => Some(Page {
            title: check::text("page.title", wire.title, faults),
            keywords: check::text("page.keywords", wire.keywords, faults),
            lang: check::text("page.lang", wire.lang, faults),
            ..parts
        }),
        Err(_) => {
            faults.push(Fault::invalid_value("page.url", url, "an absolute URL with a host"));
            None
        }
    }
}

/// What was sent of the browser goes before what the user agent says; family and version belong
/// together.
fn browser(sent: Option<Browser>, parsed: Option<Browser>) -> Option<Browser> {
    let (sent, parsed) = match (sent, parsed) {
        (Some(sent), Some(parsed)) => (sent, parsed),
        (sent, parsed) => return sent.or(parsed),
    };
    let (family, version) = match sent.family {
        Some(family) => (Some(family), sent.version),
        None => (parsed.family, sent.version.or(parsed.version)),
    };
    Some(Browser { family, version, ..sent })
}

/// What was sent of the device goes before what the user agent says, field by field.
fn device(sent: Option<Device>, parsed: Option<Device>) -> Option<Device> {
    let (sent, parsed) = match (sent, parsed) {
        (Some(sent), Some(parsed)) => (sent, parsed),
        (sent, parsed) => return sent.or(parsed),
    };
    Some(Device {
        category: sent.category.or(parsed.category),
        device_type: sent.device_type.or(parsed.device_type),
        is_mobile: sent.is_mobile.or(parsed.is_mobile),
        os_family: sent.os_family.or(parsed.os_family),
        os_version: sent.os_version.or(parsed.os_version),
        manufacturer: sent.manufacturer.or(parsed.manufacturer),
        ..sent
    })
}

/// The parts of a device that the shapes of all doors share.
pub(super) struct SentDevice {
    pub(super) category: Option<String>,
    pub(super) device_type: Option<String>,
    pub(super) is_mobile: Option<bool>,
    pub(super) screen_height: Option<i64>,
    pub(super) screen_width: Option<i64>,
    pub(super) screen_density: Option<i64>,
    pub(super) fingerprint: Option<String>,
    pub(super) os_family: Option<String>,
    pub(super) os_version: Option<String>,
    pub(super) manufacturer: Option<String>,
}

impl SentDevice {
    pub(super) fn check(self, faults: &mut Vec<Fault>) -> Device {
        let category = self.category.as_deref().filter(|text| !text.is_empty()).and_then(|text| {
            text.parse()
                .map_err(|_| {
                    let allowed = "desktop, mobile, tablet, other";
                    faults.push(Fault::invalid_value("device.category", text, allowed));
                })
                .ok()
        });
        let mut pixels = |field: &str, value: Option<i64>| {
            let value = value?;
            u32::try_from(value)
                .map_err(|_| {
                    let field = format!("device.{field}");
                    faults.push(Fault::invalid_value(field, value, "whole numbers from 0"));
                })
                .ok()
        };
        let screen_height = pixels("screenHeight", self.screen_height);
        let screen_width = pixels("screenWidth", self.screen_width);
        let screen_density = pixels("screenDensity", self.screen_density);
        let mut text = |field: &str, value| check::text(&format!("device.{field}"), value, faults);
        Device {
            category,
            device_type: text("type", self.device_type),
            is_mobile: self.is_mobile,
            screen_height,
            screen_width,
            screen_density,
            fingerprint: text("fingerprint", self.fingerprint),
            os_family: text("osFamily", self.os_family),
            os_version: text("osVersion", self.os_version),
            manufacturer: text("manufacturer", self.manufacturer),
        }
    }
}
