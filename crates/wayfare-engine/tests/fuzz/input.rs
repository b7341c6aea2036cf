//! Bytes become definitions, events and sessions: each byte is a choice.

use std::collections::BTreeMap;

use uuid::Uuid;
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::{ContactId, EventId, SessionId};
use wayfare_model::segment::{Conditions, ContextPattern, Criterion, JourneyPattern, Operator};
use wayfare_model::session::{LastEvent, Session};
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Campaign, Page};

const NAMES: [&str; 3] = ["page_viewed", "order_placed", ""];
const TEXTS: [&str; 12] =
    ["", "a", "ab", "A", "/a/b", "É", "é", "İ", "ß", "page_viewed", "10", "9.5b"];
const NUMBERS: [&str; 6] = ["9", "10", "-1", "0.5", "9.5", "1000000"];
const CONTEXT_KEYS: [&str; 4] =
    ["browser.version", "browser.lang", "mktCampaign.source", "authenticated"];
const JOURNEY_KEYS: [&str; 5] =
    ["eventName", "page.pathname", "searchQuery", "attributes.x.value", "attributes.y.value"];
/// Bytes of which the events and segments are made that do not come from the fuzzer.
pub(crate) const FIXED: &[u8] =
    b"A page of the shop, 10 reds, /a/b?x=9.5b; \xC3\x89t\xC3\xA9 - \x00\x01\x02\x03 \
    order placed by somebody who searched for ab and found Ab, page_viewed twice. 0123456789 \
    \x10\x20\x30\x40\x50\x60\x70\x80\x90\xA0\xB0\xC0\xD0\xE0\xF0 the rest is silence";

/// Bytes as choices; all zero behind the end.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.byte() % limit
    }

    pub(crate) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    pub(crate) fn several<T>(&mut self, most: usize, one: impl Fn(&mut Self) -> T) -> Vec<T> {
        let count = self.below(most + 1);
        (0..count).map(|_| one(self)).collect()
    }

    /// A text that is known, or the next bytes as they are.
    pub(crate) fn text(&mut self) -> String {
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

    pub(crate) fn conditions(&mut self) -> Conditions {
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
                count: input.of(&[1, 1, 2, 3, 0]),
                within_seconds: input.of(&[None, None, None, Some(0), Some(60), Some(900)]),
                stream,
                session_type: stream.session_type().to_owned(),
                event_name: (!name.is_empty()).then(|| name.to_owned()),
            }
        });
        Conditions { context, journey, ordered: self.below(2) == 1 }
    }

    pub(crate) fn event(&mut self) -> Event {
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

    pub(crate) fn session(&mut self) -> Session {
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
