//! Web events (`WebEventRequest`; rules: domain, 2.3).

use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::{EventId, IdSource};
use wayfare_model::problem::{Fault, Problem, ProblemKind};
use wayfare_model::time::Moment;
use wayfare_model::visit::Browser;
use wayfare_model::wire::{WebEventBrowser, WebEventDevice, WebEventRequest};

use super::draft::{Draft, SentDevice};
use super::{Reader, Sender, check};

impl Reader {
    /// Reads a web event that came at `now`.
    ///
    /// # Errors
    /// All faults of the body.
    pub fn web_event(
        &self,
        ids: &IdSource,
        request: WebEventRequest,
        sender: Sender,
        now: Moment,
    ) -> Result<Event, Problem> {
        let id = event_id(ids, "web", &request, request.created_date.as_deref())?;
        let mut faults = Vec::new();
        if request.page.is_none() {
            faults.push(Fault::missing("page"));
        }
        if request.page.as_ref().is_some_and(|page| page.title.is_none()) {
            faults.push(Fault::missing("page.title"));
        }
        let created = check::created(request.created_date, &mut faults);
        if faults.iter().all(|fault| fault.field != "createdDate") {
            check::recent(created, now, &mut faults);
        }
        let draft = Draft {
            cookie: check::cookie(request.customer_cookie_id, &mut faults),
            name: check::event_name(request.event_name, &mut faults),
            created,
            page: request.page,
            search_query: check::text("searchQuery", request.search_query, &mut faults),
            user_agent: check::text("userAgentString", request.user_agent_string, &mut faults)
                .or(sender.user_agent),
            browser: request.browser.map(|browser| sent_browser(browser, &mut faults)),
            device: request.device.map(|device| sent_device(device, &mut faults)),
            ip_address: check::text("ipAddress", request.ip_address, &mut faults)
                .or(sender.address),
            referrer_url: check::text("referrerUrl", request.referrer_url, &mut faults),
            attributes: check::attributes("attributes", request.attributes, &mut faults),
            traits: check::attributes("traits", request.traits, &mut faults),
            external_id: check::text("externalId", request.external_id, &mut faults),
            ..Draft::default()
        };
        let event = draft.into_event(self, id, Stream::Web, Arrival::Live, now, &mut faults);
        if faults.is_empty() { Ok(event) } else { Err(Problem::from_faults(faults)) }
    }
}

/// The id of an event: made from everything that was sent, so that the same request sent again by a
/// client that missed the answer is the same event. `created` is the date among it; without a good
/// one there is no event.
pub(super) fn event_id<T: serde::Serialize>(
    ids: &IdSource,
    door: &str,
    request: &T,
    created: Option<&str>,
) -> Result<EventId, Problem> {
    let content = serde_json::to_vec(request).map_err(|error| {
        Problem::new(ProblemKind::BadRequest, format!("the event cannot be read: {error}"))
    })?;
    let created = created.and_then(|text| Moment::parse(text).ok()).unwrap_or_default();
    Ok(EventId::from_uuid(ids.derive_at(created, "event", &[door.as_bytes(), &content])))
}

pub(super) fn sent_browser(wire: WebEventBrowser, faults: &mut Vec<Fault>) -> Browser {
    Browser {
        family: check::text("browser.family", wire.family, faults),
        version: check::text("browser.version", wire.version, faults),
        lang: check::text("browser.lang", wire.lang, faults),
        ..Browser::default()
    }
}

fn sent_device(wire: WebEventDevice, faults: &mut Vec<Fault>) -> wayfare_model::visit::Device {
    let sent = SentDevice {
        category: wire.category,
        device_type: wire.type_,
        is_mobile: wire.is_mobile,
        screen_height: wire.screen_height,
        screen_width: wire.screen_width,
        screen_density: wire.screen_density,
        fingerprint: None,
        os_family: wire.os_family,
        os_version: wire.os_version,
        manufacturer: wire.manufacturer,
    };
    sent.check(faults)
}
