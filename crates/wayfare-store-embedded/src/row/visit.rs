//! What one visit tells about itself: page, browser, device, campaign, referrer, place.

use wayfare_model::visit;

use super::mirror::{mirror, words};

mirror! {
    /// A page.
    Page = visit::Page {
        required { url: String = "url", domain: String = "domain", hostname: String = "host", pathname: String = "path", }
        optional {
            title: String = "title",
            lang: String = "lang",
            keywords: String = "keywords",
            query_string: String = "query",
            fragment: String = "fragment",
        }
        nested {}
    }
}

mirror! {
    /// A browser.
    Browser = visit::Browser {
        required {}
        optional {
            family: String = "family",
            version: String = "version",
            lang: String = "lang",
            fingerprint: String = "fingerprint",
            is_mobile: bool = "mobile",
            view_height: u32 = "height",
            view_width: u32 = "width",
            features_flash: bool = "flash",
            features_java: bool = "java",
            features_pdf: bool = "pdf",
            features_webrtc: bool = "webrtc",
        }
        nested {}
    }
}

words! {
    /// The kind of a device.
    DeviceCategory = visit::DeviceCategory {
        Desktop = "desktop",
        Mobile = "mobile",
        Tablet = "tablet",
        Other = "other",
    }
}

mirror! {
    /// A device.
    Device = visit::Device {
        required {}
        optional {
            device_type: String = "type",
            is_mobile: bool = "mobile",
            screen_height: u32 = "height",
            screen_width: u32 = "width",
            screen_density: u32 = "density",
            fingerprint: String = "fingerprint",
            os_family: String = "os",
            os_version: String = "os_version",
            manufacturer: String = "manufacturer",
        }
        nested { category: DeviceCategory = "category", }
    }
}

mirror! {
    /// A campaign.
    Campaign = visit::Campaign {
        required {}
        optional {
            source: String = "source",
            medium: String = "medium",
            name: String = "name",
            term: String = "term",
            content: String = "content",
            click_id: String = "click_id",
            network: String = "network",
        }
        nested {}
    }
}

words! {
    /// The kind of source a visitor came from.
    ReferrerMedium = visit::ReferrerMedium {
        Internal = "internal",
        Search = "search",
        Social = "social",
        Email = "email",
        Unknown = "unknown",
        Paid = "paid",
    }
}

mirror! {
    /// A referrer.
    Referrer = visit::Referrer {
        required { url: String = "url", }
        optional {
            domain: String = "domain",
            hostname: String = "host",
            keywords: String = "keywords",
            pathname: String = "path",
            query_string: String = "query",
            fragment: String = "fragment",
            name: String = "name",
        }
        nested { medium: ReferrerMedium = "medium", }
    }
}

mirror! {
    /// A place.
    Geolocation = visit::Geolocation {
        required {}
        optional {
            country: String = "country",
            country_name: String = "country_name",
            latitude: f64 = "lat",
            longitude: f64 = "lon",
            locality: String = "locality",
            postal_code: String = "postal_code",
            region: String = "region",
            region_name: String = "region_name",
            source: String = "source",
            timezone: String = "timezone",
        }
        nested {}
    }
}
