//! Records of an import: one JSON object a line, the names of web and app events plus `stream`,
//! `sessionId`, `geolocation` and flat `attributes` (docs/import.md).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::event::{App as SendingApp, Arrival, Event, Stream};
use wayfare_model::id::{EventId, IdSource};
use wayfare_model::objects;
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_model::visit::Geolocation;
use wayfare_model::wire::{
    CustomEventAttribute, JourneyApp, JourneyGeolocation, RequestDevice, RequestPage,
    WebEventBrowser,
};

use super::draft::Draft;
use super::{Reader, app_event, check, web_event};

/// A line of an import. Fields it does not know are ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::ingest) struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_cookie_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<RequestPage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screen_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<JourneyApp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent_string: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    browser: Option<WebEventBrowser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<RequestDevice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geolocation: Option<JourneyGeolocation>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, serde_json::Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    traits: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// Whether the visitor was logged in. Live events have no such field in the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
}

impl Reader {
    /// Reads a record of an import at `now`.
    ///
    /// # Errors
    /// All faults of the record.
    pub fn record(&self, ids: &IdSource, line: &str, now: Moment) -> Result<Event, Problem> {
        let record: Record = objects::from_slice(line.as_bytes()).map_err(|error| {
            Problem::new(ProblemKind::BadRequest, format!("not an event record: {error}"))
        })?;
        let id = match &record.id {
            // Known by it, also when it comes again with another date.
            Some(id) => EventId::from_uuid(ids.derive("event", &[b"id", id.as_bytes()])),
            None => web_event::event_id(ids, "record", &record, record.created_date.as_deref())?,
        };
        let mut faults = Vec::new();
        let stream = stream(record.stream.as_deref(), record.page.is_some(), &mut faults);
        if stream == Stream::Web && record.page.is_none() {
            faults.push(Fault::missing("page"));
        }
        let draft = record.into_draft(stream, &mut faults);
        if draft.created > now {
            let rule = format!("[{}] is in the future", draft.created);
            faults.push(Fault::constraint("createdDate", rule));
        }
        let event = draft.into_event(self, id, stream, Arrival::Replay, now, &mut faults);
        if faults.is_empty() { Ok(event) } else { Err(Problem::from_faults(faults)) }
    }
}

impl Record {
    fn into_draft(self, stream: Stream, faults: &mut Vec<Fault>) -> Draft {
        let session_type = self.session_type.filter(|text| !text.is_empty());
        if let Some(text) = session_type.as_deref().filter(|text| *text != stream.session_type()) {
            let allowed = format!("{} (for stream {stream})", stream.session_type());
            faults.push(Fault::invalid_value("sessionType", text, allowed));
        }
        let recorded_session = self.session_id.as_deref().and_then(|text| {
            text.parse()
                .map_err(|_| faults.push(Fault::invalid_value("sessionId", text, "a UUID")))
                .ok()
        });
        Draft {
            cookie: check::cookie(self.customer_cookie_id, faults),
            name: check::event_name(self.event_name, faults),
            created: check::created(self.created_date, faults),
            session_type,
            recorded_session,
            page: self.page,
            screen_name: check::text("screenName", self.screen_name, faults),
            search_query: check::text("searchQuery", self.search_query, faults),
            app: self.app.map(|app| SendingApp {
                name: check::text("app.name", app.name, faults),
                namespace: check::text("app.namespace", app.namespace, faults),
                version: check::text("app.version", app.version, faults),
                build_number: check::text("app.buildNumber", app.build_number, faults),
            }),
            user_agent: check::text("userAgentString", self.user_agent_string, faults),
            browser: self.browser.map(|browser| web_event::sent_browser(browser, faults)),
            device: self.device.map(|device| app_event::sent_device(device, faults)),
            ip_address: check::text("ipAddress", self.ip_address, faults),
            geolocation: self.geolocation.map(|place| geolocation(place, faults)),
            referrer_url: check::text("referrerUrl", self.referrer_url, faults),
            attributes: attributes("attributes", self.attributes, faults),
            traits: attributes("traits", self.traits, faults),
            external_id: check::text("externalId", self.external_id, faults),
            authenticated: self.authenticated,
            ..Draft::default()
        }
    }
}

fn stream(text: Option<&str>, has_page: bool, faults: &mut Vec<Fault>) -> Stream {
    match text.map(str::parse::<Stream>) {
        Some(Ok(stream)) => stream,
        Some(Err(())) => {
            let text = text.unwrap_or_default();
            faults.push(Fault::invalid_value("stream", text, "web, app"));
            Stream::Web
        }
        None if has_page => Stream::Web,
        None => Stream::App,
    }
}

fn geolocation(wire: JourneyGeolocation, faults: &mut Vec<Fault>) -> Geolocation {
    let mut text = |field: &str, value| check::text(&format!("geolocation.{field}"), value, faults);
    Geolocation {
        country: text("country", wire.country),
        country_name: text("countryName", wire.country_name),
        latitude: wire.latitude,
        longitude: wire.longitude,
        locality: text("locality", wire.locality),
        postal_code: text("postalCode", wire.postal_code),
        region: text("region", wire.region),
        region_name: text("regionName", wire.region_name),
        source: text("source", wire.source),
        timezone: text("timezone", wire.timezone),
    }
}

/// Attributes of a record are flat JSON values, or objects of the contract's form.
fn attributes(
    field: &str,
    flat: BTreeMap<String, serde_json::Value>,
    faults: &mut Vec<Fault>,
) -> BTreeMap<String, Attribute> {
    let mut wire = BTreeMap::new();
    for (name, value) in flat {
        match attribute(value) {
            Ok(Some(attribute)) => {
                wire.insert(name, attribute);
            }
            Ok(None) => {}
            Err(value) => faults.push(Fault::invalid_value(
                format!("{field}.{name}"),
                value,
                "text, a number, true, false, or an object of dataType and value",
            )),
        }
    }
    check::attributes(field, Some(wire), faults)
}

/// `null` is no attribute. What is none of the allowed forms is given back.
fn attribute(value: serde_json::Value) -> Result<Option<CustomEventAttribute>, serde_json::Value> {
    let (data_type, value) = match value {
        serde_json::Value::Null => return Ok(None),
        serde_json::Value::Bool(value) => (AttributeType::Boolean, value.to_string()),
        serde_json::Value::Number(value) if value.is_i64() => {
            (AttributeType::Integer, value.to_string())
        }
        serde_json::Value::Number(value) => (AttributeType::Number, value.to_string()),
        serde_json::Value::String(value) => (AttributeType::Text, value),
        serde_json::Value::Object(_) => {
            let sent = value.clone();
            return serde_json::from_value(value).map(Some).map_err(|_| sent);
        }
        serde_json::Value::Array(_) => return Err(value),
    };
    let data_type = Some(data_type.as_str().to_owned());
    Ok(Some(CustomEventAttribute { data_type, value: Some(value) }))
}
