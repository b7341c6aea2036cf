//! Browsers, devices, pages, campaigns, referrers and places.

use std::collections::BTreeMap;

use wayfare_model::attribute::Attribute;
use wayfare_model::event;
use wayfare_model::visit;
use wayfare_model::wire::{
    Browser, CustomEventAttribute, Device, JourneyApp, JourneyCampaign, JourneyGeolocation,
    JourneyPage, NetworkConnectivity, Referrer, ResponsePage, SdkLibrary, WebEventBrowser,
    WebEventDevice,
};

pub(crate) fn browser(browser: &visit::Browser) -> Browser {
    Browser {
        family: browser.family.clone(),
        version: browser.version.clone(),
        lang: browser.lang.clone(),
        fingerprint: browser.fingerprint.clone(),
        is_mobile: browser.is_mobile,
        view_height: browser.view_height.map(Into::into),
        view_width: browser.view_width.map(Into::into),
        features_flash: browser.features_flash,
        features_java: browser.features_java,
        features_pdf: browser.features_pdf,
        features_webrtc: browser.features_webrtc,
    }
}

pub(crate) fn web_event_browser(browser: &visit::Browser) -> WebEventBrowser {
    WebEventBrowser {
        family: browser.family.clone(),
        version: browser.version.clone(),
        lang: browser.lang.clone(),
    }
}

pub(crate) fn device(device: &visit::Device) -> Device {
    Device {
        category: device.category.map(|category| category.to_string()),
        type_: device.device_type.clone(),
        is_mobile: device.is_mobile,
        screen_height: device.screen_height.map(Into::into),
        screen_width: device.screen_width.map(Into::into),
        screen_density: device.screen_density.map(Into::into),
        fingerprint: device.fingerprint.clone(),
        os_family: device.os_family.clone(),
        os_version: device.os_version.clone(),
        manufacturer: device.manufacturer.clone(),
    }
}

pub(crate) fn web_event_device(device: &visit::Device) -> WebEventDevice {
    WebEventDevice {
        category: device.category.map(|category| category.to_string()),
        type_: device.device_type.clone(),
        is_mobile: device.is_mobile,
        screen_height: device.screen_height.map(Into::into),
        screen_width: device.screen_width.map(Into::into),
        screen_density: device.screen_density.map(Into::into),
        os_family: device.os_family.clone(),
        os_version: device.os_version.clone(),
        manufacturer: device.manufacturer.clone(),
    }
}

pub(crate) fn page(page: &visit::Page) -> ResponsePage {
    ResponsePage {
        url: Some(page.url.clone()),
        title: page.title.clone(),
        domain: Some(page.domain.clone()),
        fragment: page.fragment.clone(),
        hostname: Some(page.hostname.clone()),
        keywords: page.keywords.clone(),
        lang: page.lang.clone(),
        pathname: Some(page.pathname.clone()),
        query_string: page.query_string.clone(),
    }
}

pub(crate) fn journey_page(page: &visit::Page) -> JourneyPage {
    JourneyPage {
        url: Some(page.url.clone()),
        title: page.title.clone(),
        domain: Some(page.domain.clone()),
        fragment: page.fragment.clone(),
        hostname: Some(page.hostname.clone()),
        keywords: page.keywords.clone(),
        lang: page.lang.clone(),
        pathname: Some(page.pathname.clone()),
        query_string: page.query_string.clone(),
        breadcrumb: None,
    }
}

pub(crate) fn campaign(campaign: &visit::Campaign) -> JourneyCampaign {
    JourneyCampaign {
        content: campaign.content.clone(),
        medium: campaign.medium.clone(),
        name: campaign.name.clone(),
        source: campaign.source.clone(),
        term: campaign.term.clone(),
        click_id: campaign.click_id.clone(),
        network: campaign.network.clone(),
    }
}

pub(crate) fn referrer(referrer: &visit::Referrer) -> Referrer {
    Referrer {
        url: Some(referrer.url.clone()),
        domain: referrer.domain.clone(),
        hostname: referrer.hostname.clone(),
        keywords: referrer.keywords.clone(),
        pathname: referrer.pathname.clone(),
        query_string: referrer.query_string.clone(),
        fragment: referrer.fragment.clone(),
        name: referrer.name.clone(),
        medium: referrer.medium.map(|medium| medium.to_string()),
    }
}

pub(crate) fn geolocation(place: &visit::Geolocation) -> JourneyGeolocation {
    JourneyGeolocation {
        country: place.country.clone(),
        country_name: place.country_name.clone(),
        latitude: place.latitude,
        longitude: place.longitude,
        locality: place.locality.clone(),
        postal_code: place.postal_code.clone(),
        region: place.region.clone(),
        region_name: place.region_name.clone(),
        source: place.source.clone(),
        timezone: place.timezone.clone(),
    }
}

pub(crate) fn app(app: &event::App) -> JourneyApp {
    JourneyApp {
        name: app.name.clone(),
        namespace: app.namespace.clone(),
        version: app.version.clone(),
        build_number: app.build_number.clone(),
    }
}

pub(crate) fn sdk_library(library: &event::SdkLibrary) -> SdkLibrary {
    SdkLibrary { name: library.name.clone(), version: library.version.clone() }
}

pub(crate) fn network(network: &event::NetworkConnectivity) -> NetworkConnectivity {
    NetworkConnectivity {
        carrier: network.carrier.clone(),
        bluetooth_enabled: network.bluetooth_enabled,
        cellular_enabled: network.cellular_enabled,
        wifi_enabled: network.wifi_enabled,
    }
}

/// Attributes by name; absent when there are none.
pub(crate) fn attributes(
    attributes: &BTreeMap<String, Attribute>,
) -> Option<BTreeMap<String, CustomEventAttribute>> {
    let wire = |attribute: &Attribute| CustomEventAttribute {
        data_type: Some(attribute.data_type.to_string()),
        value: Some(attribute.value.clone()),
    };
    let all = attributes.iter().map(|(name, attribute)| (name.clone(), wire(attribute)));
    (!attributes.is_empty()).then(|| all.collect())
}
