//! What conditions can look at: the keys of the contract, what kind of value each has, and where
//! the value is (domain, 1.4 and 1.5).
//!
//! A context key reads the session, a journey key reads one event. A value is always text: that is
//! how conditions compare it.

use std::fmt;

use wayfare_model::event::{Event, Stream};
use wayfare_model::session::Session;
use wayfare_model::visit::{DeviceCategory, Page, ReferrerMedium};

/// What kind of value a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of a few words.
    Enumeration(&'static [&'static str]),
    /// `true` or `false`.
    Boolean,
    /// Text that begins with a number, such as a dotted version.
    NumericText,
}

/// A key that is not in the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {level} key '{key}'")]
pub struct UnknownKey {
    /// `context` or `journey`.
    pub level: &'static str,
    /// The key.
    pub key: String,
}

/// One line of the table: a key of `T`.
struct Field<T: 'static> {
    name: &'static str,
    kind: Kind,
    /// The streams whose events have it; a session has every context key.
    streams: &'static [Stream],
    read: fn(&T) -> Option<&str>,
}

const BOTH: &[Stream] = &[Stream::Web, Stream::App];
const WEB: &[Stream] = &[Stream::Web];

const DEVICE_CATEGORIES: &[&str] = &[
    DeviceCategory::Desktop.as_str(),
    DeviceCategory::Mobile.as_str(),
    DeviceCategory::Tablet.as_str(),
    DeviceCategory::Other.as_str(),
];

const REFERRER_MEDIA: &[&str] = &[
    ReferrerMedium::Internal.as_str(),
    ReferrerMedium::Search.as_str(),
    ReferrerMedium::Social.as_str(),
    ReferrerMedium::Email.as_str(),
    ReferrerMedium::Unknown.as_str(),
    ReferrerMedium::Paid.as_str(),
];

/// A line for a text inside an optional part of a session.
macro_rules! within {
    ($name:literal, $kind:expr, $part:ident . $field:ident) => {
        Field {
            name: $name,
            kind: $kind,
            streams: BOTH,
            read: |session| session.$part.as_ref()?.$field.as_deref(),
        }
    };
}

static CONTEXT: &[Field<Session>] = &[
    Field {
        name: "device.category",
        kind: Kind::Enumeration(DEVICE_CATEGORIES),
        streams: BOTH,
        read: |session| Some(session.device.as_ref()?.category?.as_str()),
    },
    within!("device.type", Kind::Text, device.device_type),
    within!("device.osFamily", Kind::Text, device.os_family),
    within!("browser.family", Kind::Text, browser.family),
    within!("browser.lang", Kind::Text, browser.lang),
    within!("browser.version", Kind::NumericText, browser.version),
    within!("mktCampaign.source", Kind::Text, campaign.source),
    within!("mktCampaign.medium", Kind::Text, campaign.medium),
    within!("mktCampaign.name", Kind::Text, campaign.name),
    within!("mktCampaign.term", Kind::Text, campaign.term),
    within!("mktCampaign.content", Kind::Text, campaign.content),
    within!("mktCampaign.clickId", Kind::Text, campaign.click_id),
    within!("mktCampaign.network", Kind::Text, campaign.network),
    within!("geolocation.country", Kind::Text, geolocation.country),
    within!("geolocation.countryName", Kind::Text, geolocation.country_name),
    within!("geolocation.region", Kind::Text, geolocation.region),
    within!("geolocation.locality", Kind::Text, geolocation.locality),
    within!("geolocation.postalCode", Kind::Text, geolocation.postal_code),
    Field {
        name: "ipOrganization",
        kind: Kind::Text,
        streams: BOTH,
        read: |session| session.ip_organization.as_deref(),
    },
    Field {
        name: "referrer.url",
        kind: Kind::Text,
        streams: BOTH,
        read: |session| Some(&session.referrer.as_ref()?.url),
    },
    within!("referrer.hostname", Kind::Text, referrer.hostname),
    Field {
        name: "referrer.medium",
        kind: Kind::Enumeration(REFERRER_MEDIA),
        streams: BOTH,
        read: |session| Some(session.referrer.as_ref()?.medium?.as_str()),
    },
    Field {
        name: "authenticated",
        kind: Kind::Boolean,
        streams: BOTH,
        read: |session| session.authenticated.map(|yes| if yes { "true" } else { "false" }),
    },
];

/// A line for a text of the page of a web event.
macro_rules! of_page {
    ($name:literal, $read:expr) => {
        Field {
            name: $name,
            kind: Kind::Text,
            streams: WEB,
            read: |event| {
                let read: fn(&Page) -> Option<&str> = $read;
                read(event.page.as_ref()?)
            },
        }
    };
}

const EVENT_NAME: Field<Event> =
    Field { name: "eventName", kind: Kind::Text, streams: BOTH, read: |event| Some(&event.name) };

static JOURNEY: &[Field<Event>] = &[
    EVENT_NAME,
    of_page!("page.url", |page| Some(&page.url)),
    of_page!("page.title", |page| page.title.as_deref()),
    of_page!("page.hostname", |page| Some(&page.hostname)),
    of_page!("page.domain", |page| Some(&page.domain)),
    of_page!("page.fragment", |page| page.fragment.as_deref()),
    of_page!("page.keywords", |page| page.keywords.as_deref()),
    of_page!("page.pathname", |page| Some(&page.pathname)),
    of_page!("page.queryString", |page| page.query_string.as_deref()),
    Field {
        name: "searchQuery",
        kind: Kind::Text,
        streams: BOTH,
        read: |event| event.search_query.as_deref(),
    },
];

/// The name of a key, to find the same key again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum KeyName<'key> {
    /// A line of the table.
    Field(&'static str),
    /// An attribute of an event.
    Attribute(&'key str),
}

/// What the matcher needs to know of a key.
pub(super) trait Key: Clone {
    /// What it is read from.
    type Subject;

    fn key_name(&self) -> KeyName<'_>;

    /// Its value, if the subject has one.
    fn value<'subject>(&self, subject: &'subject Self::Subject) -> Option<&'subject str>;

    /// The subject's attributes that keys of [`KeyName::Attribute`] read.
    fn attributes(subject: &Self::Subject) -> impl Iterator<Item = (&str, &str)>;
}

/// How the key of an attribute is shown where keys are listed.
const ATTRIBUTE: &str = "attributes.<name>.value";

/// A key of the visitor's context, read from the session.
#[derive(Clone, Copy)]
pub struct ContextKey(&'static Field<Session>);

impl ContextKey {
    /// Finds a key by its name.
    ///
    /// # Errors
    /// [`UnknownKey`] when there is none; keys are exact, small and capital letters included.
    pub fn parse(name: &str) -> Result<Self, UnknownKey> {
        CONTEXT
            .iter()
            .find(|field| field.name == name)
            .map(Self)
            .ok_or_else(|| UnknownKey { level: "context", key: name.to_owned() })
    }

    /// All keys, in the order of the contract's documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        CONTEXT.iter().map(Self)
    }

    /// The names of all keys.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        CONTEXT.iter().map(|field| field.name).collect()
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What kind of value it has.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.0.kind
    }

    /// Its value in a session, if the session has one.
    #[must_use]
    pub fn read(self, session: &Session) -> Option<&str> {
        (self.0.read)(session)
    }
}

impl Key for ContextKey {
    type Subject = Session;

    fn key_name(&self) -> KeyName<'_> {
        KeyName::Field(self.0.name)
    }

    fn value<'subject>(&self, session: &'subject Session) -> Option<&'subject str> {
        self.read(session)
    }

    fn attributes(_: &Session) -> impl Iterator<Item = (&str, &str)> {
        std::iter::empty()
    }
}

impl fmt::Debug for ContextKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A key of what the visitor did, read from one event.
#[derive(Clone)]
pub struct JourneyKey(Journey);

#[derive(Clone)]
enum Journey {
    Field(&'static Field<Event>),
    Attribute(String),
}

impl JourneyKey {
    /// Finds a key by its name among those that events of `stream` have.
    ///
    /// # Errors
    /// [`UnknownKey`] when there is none.
    pub fn parse(stream: Stream, name: &str) -> Result<Self, UnknownKey> {
        let attribute =
            name.strip_prefix("attributes.").and_then(|rest| rest.strip_suffix(".value"));
        if let Some(attribute) = attribute.filter(|attribute| !attribute.is_empty()) {
            return Ok(Self(Journey::Attribute(attribute.to_owned())));
        }
        JOURNEY
            .iter()
            .find(|field| field.name == name && field.streams.contains(&stream))
            .map(|field| Self(Journey::Field(field)))
            .ok_or_else(|| UnknownKey { level: "journey", key: name.to_owned() })
    }

    /// The key of an event's name.
    pub(super) fn event_name() -> Self {
        Self(Journey::Field(&EVENT_NAME))
    }

    /// The names of all keys of a stream's events, that of attributes as a pattern at the end.
    #[must_use]
    pub fn names(stream: Stream) -> Vec<&'static str> {
        JOURNEY
            .iter()
            .filter(|field| field.streams.contains(&stream))
            .map(|field| field.name)
            .chain([ATTRIBUTE])
            .collect()
    }

    /// What kind of value it has.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.0 {
            Journey::Field(field) => field.kind,
            Journey::Attribute(_) => Kind::Text,
        }
    }

    /// Its value in an event, if the event has one.
    #[must_use]
    pub fn read<'event>(&self, event: &'event Event) -> Option<&'event str> {
        match &self.0 {
            Journey::Field(field) => (field.read)(event),
            Journey::Attribute(name) => {
                event.attributes.get(name).map(|found| found.value.as_str())
            }
        }
    }
}

impl Key for JourneyKey {
    type Subject = Event;

    fn key_name(&self) -> KeyName<'_> {
        match &self.0 {
            Journey::Field(field) => KeyName::Field(field.name),
            Journey::Attribute(name) => KeyName::Attribute(name),
        }
    }

    fn value<'subject>(&self, event: &'subject Event) -> Option<&'subject str> {
        self.read(event)
    }

    fn attributes(event: &Event) -> impl Iterator<Item = (&str, &str)> {
        event.attributes.iter().map(|(name, attribute)| (name.as_str(), attribute.value.as_str()))
    }
}

impl fmt::Debug for JourneyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Journey::Field(field) => formatter.write_str(field.name),
            Journey::Attribute(name) => write!(formatter, "attributes.{name}.value"),
        }
    }
}

#[cfg(test)]
mod tests {
    use wayfare_model::event::Stream;

    use super::{ContextKey, JourneyKey, Kind};

    #[test]
    fn every_name_leads_to_its_own_key() {
        for key in ContextKey::all() {
            let found = ContextKey::parse(key.name()).map(ContextKey::name);
            assert_eq!(found, Ok(key.name()));
        }
        for stream in [Stream::Web, Stream::App] {
            for name in JourneyKey::names(stream) {
                let found = JourneyKey::parse(stream, name).map(|key| format!("{key:?}"));
                assert_eq!(found, Ok(name.to_owned()));
            }
        }
    }

    #[test]
    fn app_events_have_no_page() {
        assert!(JourneyKey::parse(Stream::Web, "page.url").is_ok());
        let error = JourneyKey::parse(Stream::App, "page.url").unwrap_err();
        assert_eq!(error.to_string(), "unknown journey key 'page.url'");
        assert_eq!(
            JourneyKey::names(Stream::App),
            ["eventName", "searchQuery", "attributes.<name>.value"]
        );
    }

    #[test]
    fn the_name_of_an_attribute_may_hold_anything_but_must_be_there() {
        for name in ["attributes.price.value", "attributes.a.value.b.value", "attributes. .value"] {
            assert!(JourneyKey::parse(Stream::App, name).is_ok(), "{name}");
        }
        for name in ["attributes..value", "attributes.value", "attributes.price", "Page.url", ""] {
            assert!(JourneyKey::parse(Stream::Web, name).is_err(), "{name}");
        }
    }

    #[test]
    fn kinds_tell_what_a_form_may_offer() {
        let kind = |name: &str| ContextKey::parse(name).map(ContextKey::kind);
        assert_eq!(kind("authenticated"), Ok(Kind::Boolean));
        assert_eq!(kind("browser.version"), Ok(Kind::NumericText));
        assert_eq!(
            kind("device.category"),
            Ok(Kind::Enumeration(&["desktop", "mobile", "tablet", "other"]))
        );
    }
}
