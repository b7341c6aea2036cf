//! What one visit tells about itself: the page, the browser, the device, the campaign, the referrer
//! and the place. Plain values: the wire shapes and the stored rows are other types.
//!
//! Field lists follow the contract's `ResponsePage`, `Browser`, `Device`, `JourneyCampaign`,
//! `Referrer` and `JourneyGeolocation`. A field that is not known is `None`, never an empty text.

use std::fmt;
use std::str::FromStr;

/// The page an event happened on (`page` of a web event).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The URL exactly as it was sent.
    pub url: String,
    /// The title of the page.
    pub title: Option<String>,
    /// The language of the page, ISO 639-1.
    pub lang: Option<String>,
    /// The keywords of the page's own meta data.
    pub keywords: Option<String>,
    /// The registrable domain (`example.co.uk`); the host name where there is none.
    pub domain: String,
    /// The host name, in lower case.
    pub hostname: String,
    /// The path, percent-encoded, with its leading slash.
    pub pathname: String,
    /// The query without its `?`; `None` when the URL has no `?`.
    pub query_string: Option<String>,
    /// The fragment without its `#`; `None` when the URL has no `#`.
    pub fragment: Option<String>,
}

/// The browser of a visitor. A web event carries only `family`, `version` and `lang`; the rest
/// belongs to a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Browser {
    /// The family, such as `Chrome`, `Firefox` or `Mobile Safari`.
    pub family: Option<String>,
    /// The version, dotted, most significant number first.
    pub version: Option<String>,
    /// The language the browser asks for, BCP 47.
    pub lang: Option<String>,
    /// A number derived from the browser's features.
    pub fingerprint: Option<String>,
    /// Whether the browser is one made for mobile devices.
    pub is_mobile: Option<bool>,
    /// The height of the viewport in CSS pixels.
    pub view_height: Option<u32>,
    /// The width of the viewport in CSS pixels.
    pub view_width: Option<u32>,
    /// Whether Flash is installed.
    pub features_flash: Option<bool>,
    /// Whether Java is installed.
    pub features_java: Option<bool>,
    /// Whether PDF files are shown.
    pub features_pdf: Option<bool>,
    /// Whether WebRTC is supported.
    pub features_webrtc: Option<bool>,
}

/// The device of a visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// The kind of device.
    pub category: Option<DeviceCategory>,
    /// The model family, such as `iPad` or `Nexus 5` (`type` on the wire).
    pub device_type: Option<String>,
    /// Whether the device is carried about.
    pub is_mobile: Option<bool>,
    /// The height of the screen in pixels.
    pub screen_height: Option<u32>,
    /// The width of the screen in pixels.
    pub screen_width: Option<u32>,
    /// The density of the screen, device pixels per CSS pixel.
    pub screen_density: Option<u32>,
    /// A number derived from the device's features.
    pub fingerprint: Option<String>,
    /// The operating system, such as `Mac OS X`.
    pub os_family: Option<String>,
    /// The version of the operating system, dotted.
    pub os_version: Option<String>,
    /// Who made the device.
    pub manufacturer: Option<String>,
}

/// The kind of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceCategory {
    /// A desktop or laptop computer.
    Desktop,
    /// A telephone or a music player.
    Mobile,
    /// A tablet or a reader.
    Tablet,
    /// Anything else: a television, a console, a watch, a program.
    Other,
}

impl DeviceCategory {
    /// Every kind, in the contract's order.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Mobile, Self::Tablet, Self::Other];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for DeviceCategory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for DeviceCategory {
    type Err = UnknownWord;

    /// Reads the word on the wire, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownWord { what: "device category", value: text.to_owned() })
    }
}

/// The marketing campaign that brought a visitor (`mktCampaign`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Campaign {
    /// Where the visitor came from (`utm_source`).
    pub source: Option<String>,
    /// By what means (`utm_medium`).
    pub medium: Option<String>,
    /// The name of the campaign (`utm_campaign`).
    pub name: Option<String>,
    /// The paid search term (`utm_term`).
    pub term: Option<String>,
    /// Which of several advertisements (`utm_content`).
    pub content: Option<String>,
    /// The click id that an advertising network added to the URL.
    pub click_id: Option<String>,
    /// The network that the click id belongs to.
    pub network: Option<String>,
}

/// The page that sent the visitor here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Referrer {
    /// The URL exactly as it was sent.
    pub url: String,
    /// The registrable domain; the host name where there is none.
    pub domain: Option<String>,
    /// The host name, in lower case.
    pub hostname: Option<String>,
    /// The search terms.
    pub keywords: Option<String>,
    /// The path, percent-encoded, with its leading slash.
    pub pathname: Option<String>,
    /// The query without its `?`.
    pub query_string: Option<String>,
    /// The fragment without its `#`.
    pub fragment: Option<String>,
    /// The name of the source, such as `Google`.
    pub name: Option<String>,
    /// The kind of source.
    pub medium: Option<ReferrerMedium>,
}

/// The kind of source a visitor came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferrerMedium {
    /// Another page of the same site.
    Internal,
    /// A search engine.
    Search,
    /// A social network.
    Social,
    /// A mail program on the web.
    Email,
    /// A source that no list knows.
    Unknown,
    /// A paid advertisement.
    Paid,
}

impl ReferrerMedium {
    /// Every kind, in the contract's order.
    pub const ALL: [Self; 6] =
        [Self::Internal, Self::Search, Self::Social, Self::Email, Self::Unknown, Self::Paid];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Search => "search",
            Self::Social => "social",
            Self::Email => "email",
            Self::Unknown => "unknown",
            Self::Paid => "paid",
        }
    }
}

impl fmt::Display for ReferrerMedium {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for ReferrerMedium {
    type Err = UnknownWord;

    /// Reads the word on the wire, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|medium| medium.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| UnknownWord { what: "referrer medium", value: text.to_owned() })
    }
}

/// Where a visitor is, as far as the address tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Geolocation {
    /// The country, ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// The name of the country, in English.
    pub country_name: Option<String>,
    /// Degrees north of the equator, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east of Greenwich, -180 to 180.
    pub longitude: Option<f64>,
    /// The city or town, in English.
    pub locality: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// The region, ISO 3166-2 without the country (`ENG`).
    pub region: Option<String>,
    /// The name of the region, in English.
    pub region_name: Option<String>,
    /// Which database said so.
    pub source: Option<String>,
    /// The time zone, IANA name.
    pub timezone: Option<String>,
}

/// A word that is none of an enumeration's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {value:?}")]
pub struct UnknownWord {
    /// The enumeration.
    pub what: &'static str,
    /// The word.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for category in DeviceCategory::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
        }
        for medium in ReferrerMedium::ALL {
            assert_eq!(medium.to_string().to_uppercase().parse(), Ok(medium));
        }
    }

    #[test]
    fn an_unknown_word_is_named() {
        let error = "phablet".parse::<DeviceCategory>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown device category "phablet""#);
        let error = "".parse::<ReferrerMedium>().unwrap_err();
        assert_eq!(error.to_string(), r#"unknown referrer medium """#);
    }
}
