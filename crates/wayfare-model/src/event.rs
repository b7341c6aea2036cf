//! The event: one internal form whatever the door it came through.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::attribute::Attribute;
use crate::customer::CustomerKey;
use crate::id::{EventId, SessionId};
use crate::time::Moment;
use crate::visit::{Browser, Campaign, Device, Geolocation, Page, Referrer};

/// The stream an event belongs to (`streamType` of the contract, as far as events can come in).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    /// A web site.
    Web,
    /// A mobile app.
    App,
}

impl Stream {
    /// The name of the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "Web",
            Self::App => "App",
        }
    }

    /// The type of session that events of this stream form.
    #[must_use]
    pub const fn session_type(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::App => "app",
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Stream {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Web, Self::App]
            .into_iter()
            .find(|stream| text.eq_ignore_ascii_case(stream.as_str()))
            .ok_or(())
    }
}

/// How an event came in, and so by which clock it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// It happens now: facts are emitted at the moment of its arrival.
    Live,
    /// A bulk import replays history: facts are emitted at the event's own time.
    Replay,
}

/// The mobile app that sent an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct App {
    /// Its name.
    pub name: Option<String>,
    /// Its bundle or package name.
    pub namespace: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its build number.
    pub build_number: Option<String>,
}

/// The library that sent an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SdkLibrary {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
}

/// What a mobile device said of its network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NetworkConnectivity {
    /// The carrier's name.
    pub carrier: Option<String>,
    /// Whether Bluetooth is on.
    pub bluetooth_enabled: Option<bool>,
    /// Whether the cellular network is on.
    pub cellular_enabled: Option<bool>,
    /// Whether Wi-Fi is on.
    pub wifi_enabled: Option<bool>,
}

/// An event of a visitor, accepted and normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Made from the content: a repeated delivery has the same id.
    pub id: EventId,
    /// Web or app.
    pub stream: Stream,
    /// The type of session it belongs to (`web`, `app`).
    pub session_type: String,
    /// Live or replayed.
    pub arrival: Arrival,
    /// The visitor.
    pub customer: CustomerKey,
    /// The session the record names, in an import; otherwise sessions form by the event's time.
    pub recorded_session: Option<SessionId>,
    /// What happened, for instance `page_viewed`.
    pub name: String,
    /// When it happened. Sessions and expiry are measured by it.
    pub created: Moment,
    /// When it arrived.
    pub received: Moment,
    /// The page, for web events.
    pub page: Option<Page>,
    /// The screen, for app events.
    pub screen_name: Option<String>,
    /// What was searched for.
    pub search_query: Option<String>,
    /// The app, for app events.
    pub app: Option<App>,
    /// The library that sent it.
    pub sdk_library: Option<SdkLibrary>,
    /// The network the device was on.
    pub network_connectivity: Option<NetworkConnectivity>,
    /// The user agent's text.
    pub user_agent: Option<String>,
    /// The browser, as sent or read from the user agent.
    pub browser: Option<Browser>,
    /// The device, as sent or read from the user agent.
    pub device: Option<Device>,
    /// The visitor's address.
    pub ip_address: Option<String>,
    /// The organisation or provider of the address.
    pub ip_organization: Option<String>,
    /// Where the address is.
    pub geolocation: Option<Geolocation>,
    /// The campaign of the page's URL.
    pub campaign: Option<Campaign>,
    /// Where the visitor came from.
    pub referrer: Option<Referrer>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// What the event says of the person, by name: `email`, `phone`, `givenName`, ...
    pub traits: BTreeMap<String, Attribute>,
    /// The id that an external system gave.
    pub external_id: Option<String>,
    /// Whether the visitor is logged in.
    pub authenticated: Option<bool>,
}

impl Event {
    /// The name of an event that counts as a page view.
    pub const PAGE_VIEWED: &'static str = "page_viewed";
    /// The name of an event that counts as a screen view.
    pub const SCREEN_VIEWED: &'static str = "screen_viewed";

    /// The moment at which facts of this event are emitted.
    #[must_use]
    pub const fn emitted(&self) -> Moment {
        match self.arrival {
            Arrival::Live => self.received,
            Arrival::Replay => self.created,
        }
    }
}
