//! Sessions, and the visitor whose sessions they are.

use std::collections::BTreeMap;

use crate::attribute::Attribute;
use crate::customer::CustomerKey;
use crate::event::{App, NetworkConnectivity, SdkLibrary, Stream};
use crate::id::{AssignmentId, ContactId, EventId, SegmentId, SessionId};
use crate::time::Moment;
use crate::visit::{Browser, Campaign, Device, Geolocation, Page, Referrer};

/// How far a visitor is with one segment's journey patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The segment.
    pub segment: SegmentId,
    /// The version of its conditions that was counted.
    pub conditions_version: u32,
    /// One count per journey pattern, each at most the pattern's `count`; none, if the moments of the
    /// events matter.
    pub counts: Vec<u32>,
    /// What is kept instead, if they do.
    pub sequence: Option<Box<Sequence>>,
}

/// How far a visitor is with journey patterns that have an order, windows or a `never`.
///
/// The latest events are kept as they are, so that one that comes late still finds its place; of
/// those before them, only what they came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sequence {
    /// What the events came to that are not kept any more, if there are such.
    pub folded: Option<Folded>,
    /// The latest events that satisfy a pattern, in the order of their moments and ids.
    pub recent: Vec<SequenceEvent>,
}

/// An event that satisfies journey patterns of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequenceEvent {
    /// When it happened.
    pub created: Moment,
    /// The event.
    pub event: EventId,
    /// The places of the patterns.
    pub patterns: Vec<u32>,
}

/// What events came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The last of them.
    pub until: (Moment, EventId),
    /// What is known of the patterns.
    pub standing: Standing,
}

/// How far patterns are satisfied, up to a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// By pattern that some event must satisfy, in order.
    pub steps: Vec<StepStanding>,
    /// Whether a `never` that begins with the session was broken: nothing can mend that.
    pub is_broken: bool,
    /// Since when all steps hold, and nothing has broken that.
    pub satisfied: Option<Moment>,
}

/// How far one pattern is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepStanding {
    /// Whether those before it hold, for a pattern without a window since another one.
    pub is_reached: bool,
    /// Events counted, for such a pattern, up to its `count`.
    pub count: u32,
    /// For a pattern with a window since another one: by number of events counted, the latest moment
    /// at which the one before can have held. Never ascending.
    pub since: Vec<Moment>,
}

/// A segment assigned in a session; kept when it is unassigned again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSegment {
    /// The segment.
    pub segment: SegmentId,
    /// The assignment that was made.
    pub assignment: AssignmentId,
    /// When it was assigned.
    pub assigned: Moment,
}

/// The event that came last, by its own time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvent {
    /// Its id.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// When it happened.
    pub created: Moment,
}

/// A visit of a customer: events that follow one another without a long silence.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub customer: CustomerKey,
    /// The person behind the customer.
    pub contact: ContactId,
    /// Web or app.
    pub stream: Stream,
    /// Its type (`web`, `app`).
    pub session_type: String,
    /// The id that an external system gave.
    pub external_id: Option<String>,
    /// Whether an import's records name it, so that silence does not divide it.
    pub recorded: bool,
    /// When its first event happened.
    pub started: Moment,
    /// When the fact of its beginning was emitted.
    pub emitted: Moment,
    /// The event that came last, by its own time.
    pub last_event: LastEvent,
    /// When silence ends it: a read or a timer at or after this moment finds it ended.
    pub ends: Moment,
    /// When it ended; absent while it goes on. An event that belongs to it by its own time opens it
    /// again.
    pub ended: Option<Moment>,
    /// When another campaign's session cut it off; absent otherwise.
    pub closed_by_campaign: Option<Moment>,
    /// Events.
    pub event_count: u32,
    /// Events named `page_viewed`.
    pub pageview_count: u32,
    /// Events named `screen_viewed`.
    pub screenview_count: u32,
    /// The first event's user agent.
    pub user_agent: Option<String>,
    /// The first event's browser.
    pub browser: Option<Browser>,
    /// The first event's device.
    pub device: Option<Device>,
    /// The first event's address.
    pub ip_address: Option<String>,
    /// The organisation of that address.
    pub ip_organization: Option<String>,
    /// Where that address is.
    pub geolocation: Option<Geolocation>,
    /// The first campaign that came with an event.
    pub campaign: Option<Campaign>,
    /// The first event's referrer.
    pub referrer: Option<Referrer>,
    /// The first event's app.
    pub app: Option<App>,
    /// The first event's library.
    pub sdk_library: Option<SdkLibrary>,
    /// The first event's network.
    pub network_connectivity: Option<NetworkConnectivity>,
    /// Whether some event came from a visitor who was logged in.
    pub authenticated: Option<bool>,
    /// The last page.
    pub last_page: Option<Page>,
    /// The last screen.
    pub last_screen: Option<String>,
    /// What was searched for, each once, in order.
    pub search_terms: Vec<String>,
    /// The last value of each event attribute.
    pub attributes: BTreeMap<String, Attribute>,
    /// Segments assigned in it, in the order of the moments of assignment.
    pub segments: Vec<SessionSegment>,
    /// Counts of events under way, for segments of scope Session.
    pub progress: Vec<Progress>,
    /// When a `never` of some segment is decided next, unless an event comes before, or the session's
    /// end; absent once it ended.
    pub decides: Option<Moment>,
}

impl Session {
    /// When something of it is due: a decision, or its end; absent once it ended.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        let due = self.decides.map_or(self.ends, |moment| moment.min(self.ends));
        self.ended.is_none().then_some(due)
    }
}

/// A customer who was seen: what is kept over all sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Visitor {
    /// Who it is.
    pub customer: CustomerKey,
    /// Counts commits that changed it, from 1; 0 when it is not stored yet. A commit on an older
    /// revision than the stored one is a conflict.
    pub revision: u64,
    /// The person.
    pub contact: ContactId,
    /// First event, by its own time.
    pub first_seen: Moment,
    /// Last event, by its own time.
    pub last_seen: Moment,
    /// Events over all sessions.
    pub event_count: u64,
    /// Page views over all sessions.
    pub pageview_count: u64,
    /// The sessions an event may still join, the one touched last at the end.
    pub recent_sessions: Vec<SessionId>,
    /// Counts of events under way, for segments of scope Customer.
    pub progress: Vec<Progress>,
}
