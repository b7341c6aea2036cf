//! App events (`AppEventRequest`; rules: domain, 2.4).

use wayfare_model::event::{
    App as SendingApp, Arrival, Event, NetworkConnectivity, SdkLibrary, Stream,
};
use wayfare_model::id::IdSource;
use wayfare_model::problem::{Fault, Problem};
use wayfare_model::time::Moment;
use wayfare_model::visit::Device;
use wayfare_model::wire;

use super::draft::{Draft, SentDevice};
use super::web_event::event_id;
use super::{Reader, Sender, check};

impl Reader {
    /// Reads an app event that came at `now`.
    ///
    /// # Errors
    /// All faults of the body.
    pub fn app_event(
        &self,
        ids: &IdSource,
        request: wire::AppEventRequest,
        sender: Sender,
        now: Moment,
    ) -> Result<Event, Problem> {
        let id = event_id(ids, "app", &request, request.created_date.as_deref())?;
        let mut faults = Vec::new();
        let created = check::created(request.created_date, &mut faults);
        if faults.is_empty() {
            check::recent(created, now, &mut faults);
        }
        if request.device.is_none() {
            faults.push(Fault::missing("device"));
        }
        let screen_name = check::required("screenName", request.screen_name, &mut faults);
        let draft = Draft {
            cookie: check::cookie(request.customer_cookie_id, &mut faults),
            name: check::event_name(request.event_name, &mut faults),
            created,
            screen_name: Some(screen_name),
            search_query: check::text("searchQuery", request.search_query, &mut faults),
            app: Some(sending_app(request.app, &mut faults)),
            sdk_library: request.sdk_library.map(|library| SdkLibrary {
                name: check::text("sdkLibrary.name", library.name, &mut faults),
                version: check::text("sdkLibrary.version", library.version, &mut faults),
            }),
            network_connectivity: request.network_connectivity.map(|network| NetworkConnectivity {
                carrier: check::text("networkConnectivity.carrier", network.carrier, &mut faults),
                bluetooth_enabled: network.bluetooth_enabled,
                cellular_enabled: network.cellular_enabled,
                wifi_enabled: network.wifi_enabled,
            }),
            device: request.device.map(|device| sent_device(device, &mut faults)),
            ip_address: sender.address,
            referrer_url: check::text("referrerUrl", request.referrer_url, &mut faults),
            attributes: check::attributes("attributes", request.attributes, &mut faults),
            traits: check::attributes("traits", request.traits, &mut faults),
            external_id: check::text("externalId", request.external_id, &mut faults),
            ..Draft::default()
        };
        let event = draft.into_event(self, id, Stream::App, Arrival::Live, now, &mut faults);
        if faults.is_empty() { Ok(event) } else { Err(Problem::from_faults(faults)) }
    }
}

fn sending_app(wire: Option<wire::JourneyApp>, faults: &mut Vec<Fault>) -> SendingApp {
    let Some(wire) = wire else {
        faults.push(Fault::missing("app"));
        return SendingApp::default();
    };
    SendingApp {
        name: Some(check::required("app.name", wire.name, faults)),
        namespace: Some(check::required("app.namespace", wire.namespace, faults)),
        version: Some(check::required("app.version", wire.version, faults)),
        build_number: Some(check::required("app.buildNumber", wire.build_number, faults)),
    }
}

pub(super) fn sent_device(wire: wire::RequestDevice, faults: &mut Vec<Fault>) -> Device {
    let sent = SentDevice {
        category: wire.category,
        device_type: wire.type_,
        is_mobile: wire.is_mobile,
        screen_height: wire.screen_height,
        screen_width: wire.screen_width,
        screen_density: wire.screen_density,
        fingerprint: wire.fingerprint,
        os_family: wire.os_family,
        os_version: wire.os_version,
        manufacturer: wire.manufacturer,
    };
    sent.check(faults)
}
