//! What the fuzzer calls: bytes become definitions or events, and what is compiled must find what the
//! plain loop finds. The file is part of the tests and of the fuzzer's own crate.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;
use wayfare_engine::segments::{Rules, Scratch};
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::{ContactId, EventId, SegmentId, SessionId};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, JourneyPattern, Operator, Scope, Segment,
};
use wayfare_model::session::{LastEvent, Session};
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Campaign, Page};

use crate::naive::Naive;

const NAMES: [&str; 3] = ["page_viewed", "order_placed", ""];
const TEXTS: [&str; 12] =
    ["", "a", "ab", "A", "/a/b", "É", "é", "İ", "ß", "page_viewed", "10", "9.5b"];
const NUMBERS: [&str; 6] = ["9", "10", "-1", "0.5", "9.5", "1000000"];
const CONTEXT_KEYS: [&str; 4] =
    ["browser.version", "browser.lang", "mktCampaign.source", "authenticated"];
const JOURNEY_KEYS: [&str; 5] =
    ["eventName", "page.pathname", "searchQuery", "attributes.x.value", "attributes.y.value"];
/// Bytes of which the events and segments are made that do not come from the fuzzer.
const FIXED: &[u8] =
    b"A page of the shop, 10 reds, /a/b?x=9.5b; \xC3\x89t\xC3\xA9 - \x00\x01\x02\x03 \
    order placed by somebody who searched for ab and found Ab, page_viewed twice. 0123456789 \
    \x10\x20\x30\x40\x50\x60\x70\x80\x90\xA0\xB0\xC0\xD0\xE0\xF0 the rest is silence";

/// Bytes as choices; all zero behind the end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.byte() % limit
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn several<T>(&mut self, most: usize, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    /// A text that is known, or the next bytes as they are.
    fn text(&mut self) -> String {
        if self.below(4) > 0 {
            return self.of(&TEXTS).to_owned();
        }
        let length = self.below(12).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    fn maybe_text(&mut self) -> Option<String> {
        (self.below(3) > 0).then(|| self.text())
    }

    fn criterion(&mut self, keys: &[&str]) -> Criterion {
        let operator = self.of(&Operator::ALL);
        let number = self.of(&NUMBERS).to_owned();
        let mut values = self.several(3, Self::text);
        values.push(self.text());
        Criterion {
            key: self.of(keys).to_owned(),
            values: if operator.is_numeric() { vec![number] } else { values },
            should_ignore_case: self.below(2) == 1,
            operator,
        }
    }

    fn conditions(&mut self) -> Conditions {
        let context = self.several(2, |input| ContextPattern {
            criteria: input.several(3, |input| input.criterion(&CONTEXT_KEYS)),
        });
        let journey = self.several(3, |input| {
            let stream = input.of(&[Stream::Web, Stream::Web, Stream::App]);
            let name = input.of(&NAMES);
            // Events of an app have no page.
            let keys: Vec<&str> = JOURNEY_KEYS
                .into_iter()
                .filter(|key| stream == Stream::Web || !key.starts_with("page."))
                .collect();
            JourneyPattern {
                criteria: input.several(3, |input| input.criterion(&keys)),
                count: 1 + u32::try_from(input.below(3)).unwrap_or_default(),
                within_seconds: None,
                stream,
                session_type: stream.session_type().to_owned(),
                event_name: (!name.is_empty()).then(|| name.to_owned()),
            }
        });
        Conditions { context, journey, ordered: false }
    }

    fn event(&mut self) -> Event {
        let stream = self.of(&[Stream::Web, Stream::Web, Stream::App]);
        let page = self.maybe_text().filter(|_| stream == Stream::Web);
        let attribute = |value| Attribute { data_type: AttributeType::Text, value };
        let attributes = [("x", self.maybe_text()), ("y", self.maybe_text())]
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), attribute(value?))))
            .collect();
        Event {
            name: self.of(&NAMES).to_owned(),
            stream,
            session_type: stream.session_type().to_owned(),
            page: page.map(|pathname| Page { pathname, ..Page::default() }),
            search_query: self.maybe_text(),
            attributes,
            ..plain_event()
        }
    }

    fn session(&mut self) -> Session {
        let browser =
            Browser { version: self.maybe_text(), lang: self.maybe_text(), ..Browser::default() };
        let source = self.maybe_text();
        Session {
            browser: Some(browser),
            campaign: Some(Campaign { source, ..Campaign::default() }),
            authenticated: self.of(&[None, Some(false), Some(true)]),
            ..plain_session()
        }
    }
}

fn plain_event() -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(1)),
        stream: Stream::Web,
        session_type: String::new(),
        arrival: Arrival::Live,
        customer: CustomerKey::cookie("ada"),
        recorded_session: None,
        name: String::new(),
        created: Moment::from_ms(0),
        received: Moment::from_ms(0),
        page: None,
        screen_name: None,
        search_query: None,
        app: None,
        sdk_library: None,
        network_connectivity: None,
        user_agent: None,
        browser: None,
        device: None,
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: None,
        referrer: None,
        attributes: BTreeMap::new(),
        traits: BTreeMap::new(),
        external_id: None,
        authenticated: None,
    }
}

fn plain_session() -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(2)),
        customer: CustomerKey::cookie("ada"),
        contact: ContactId::from_uuid(Uuid::from_u128(3)),
        stream: Stream::Web,
        session_type: "web".to_owned(),
        external_id: None,
        recorded: false,
        started: Moment::from_ms(0),
        emitted: Moment::from_ms(0),
        last_event: LastEvent {
            id: EventId::from_uuid(Uuid::from_u128(1)),
            name: String::new(),
            created: Moment::from_ms(0),
        },
        ends: Moment::from_ms(0),
        ended: None,
        closed_by_campaign: None,
        event_count: 1,
        pageview_count: 0,
        screenview_count: 0,
        user_agent: None,
        browser: None,
        device: None,
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: None,
        referrer: None,
        app: None,
        sdk_library: None,
        network_connectivity: None,
        authenticated: None,
        last_page: None,
        last_screen: None,
        search_terms: Vec::new(),
        attributes: BTreeMap::new(),
        segments: Vec::new(),
        progress: Vec::new(),
        decides: None,
    }
}

fn segment(number: u128, conditions: Conditions) -> Segment {
    Segment {
        // In another order than the numbers.
        id: SegmentId::from_uuid(Uuid::from_u128(number.wrapping_mul(0x9E37_79B9_7F4A_7C15))),
        display_name: String::new(),
        description: None,
        is_active: true,
        version: 1,
        conditions_version: 1,
        color: String::new(),
        scope: Scope::Session,
        should_display_to_agent: true,
        conditions,
        external_segment: None,
        assignment_expiration_days: None,
        created: Moment::from_ms(0),
        modified: Moment::from_ms(0),
    }
}

fn segments(input: &mut Input<'_>, most: usize) -> Vec<Segment> {
    let conditions = input.several(most, Input::conditions);
    (1..).zip(conditions).map(|(number, conditions)| segment(number, conditions)).collect()
}

/// Definitions in all their forms.
struct Compiled {
    segments: Vec<Segment>,
    naive: Naive,
    /// Compiled at once, and piece by piece.
    rules: [Rules; 2],
}

impl Compiled {
    fn new(segments: Vec<Segment>) -> Self {
        let naive = Naive::new(&segments);
        let (base, changed) = segments.split_at(segments.len() / 2);
        let whole = Rules::compile(&segments).expect("conditions that can be compiled");
        let pieces = changed.iter().fold(
            Rules::compile(base).expect("conditions that can be compiled"),
            |rules, segment| rules.with(Arc::new(segment.clone())).expect("the same"),
        );
        Self { segments, naive, rules: [whole, pieces] }
    }

    /// Compares what is compiled with the plain loop; gives how much both found.
    fn compare(&self, events: &[Event], sessions: &[Session]) -> (usize, usize) {
        let mut scratch = Scratch::default();
        let (mut satisfied, mut holding) = (0, 0);
        for event in events {
            let expected = self.naive.satisfied(event);
            for rules in &self.rules {
                let hits = rules.satisfied(event, &mut scratch);
                let hits: Vec<_> = hits.into_iter().map(|hit| (hit.segment, hit.pattern)).collect();
                satisfied += hits.len();
                assert_eq!(hits, expected, "{event:?} {:#?}", self.segments);
            }
        }
        for session in sessions {
            let expected = self.naive.context_only(session);
            for rules in &self.rules {
                let found = rules.context_only(session, &mut scratch);
                let found: Vec<_> = found.into_iter().map(|found| found.segment).collect();
                holding += found.len();
                assert_eq!(found, expected, "{session:?} {:#?}", self.segments);
            }
        }
        (satisfied, holding)
    }
}

/// Any definitions, over a few events and sessions.
pub(crate) fn segment_definitions(data: &[u8]) {
    found_by_definitions(data);
}

/// The same; gives how much was found.
pub(crate) fn found_by_definitions(data: &[u8]) -> (usize, usize) {
    let mut fixed = Input(FIXED);
    let events: Vec<Event> = (0..12).map(|_| fixed.event()).collect();
    let mut fixed = Input(&FIXED[7..]);
    let sessions: Vec<Session> = (0..6).map(|_| fixed.session()).collect();
    Compiled::new(segments(&mut Input(data), 12)).compare(&events, &sessions)
}

/// Any attributes of events and visitors, under a few definitions.
pub(crate) fn event_attributes(data: &[u8]) {
    static DEFINITIONS: OnceLock<Compiled> = OnceLock::new();
    let definitions = DEFINITIONS.get_or_init(|| {
        let starts = (0..FIXED.len()).step_by(5);
        let conditions = starts.map(|start| Input(&FIXED[start..]).conditions());
        let segments = (1..).zip(conditions);
        Compiled::new(segments.map(|(number, conditions)| segment(number, conditions)).collect())
    });
    let mut input = Input(data);
    let events = input.several(8, Input::event);
    let sessions = input.several(4, Input::session);
    definitions.compare(&events, &sessions);
}
