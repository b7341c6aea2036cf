//! Segments and histories in words.
//!
//! A segment, one a line: `NAME [customer] [ordered] [Nd] [off]: PATTERN; PATTERN`, where a pattern is
//! `visit CRITERION & CRITERION` or `Nx EVENT|any [app] [within=SECONDS] [where CRITERION &
//! CRITERION]` (`0x` is `never`), and a criterion `KEY OPERATOR VALUE|VALUE [~]` (`~` ignores case, `_` in a value is a space).
//!
//! A history, one step a line: `TIME VISITOR EVENT [FIELD=VALUE ...]`, or `TIME assign|unassign
//! CONTACT SEGMENT`, `TIME delete SEGMENT`, `TIME due`, `TIME edit SEGMENT-LINE`, `TIME unmerge
//! CONTACT`. A time is `[DAY/]HH:MM[:SS]`. A contact is a stranger's name, or `@VISITOR` for the contact that a visitor
//! has at first. Lines that are the same are the same event, delivered again.

use std::collections::BTreeMap;

use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{App, Arrival, Event, Stream};
use wayfare_model::id::{ContactId, EventId, SegmentId, SessionId};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, JourneyPattern, Scope, Segment,
};
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Campaign, Device, Geolocation, Page, Referrer};

use crate::world::{EACH_ALONE, Step, What, World, ids};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) fn segments(text: &str) -> Vec<Segment> {
    lines(text).map(|line| segment(line, 1)).collect()
}

pub(crate) fn history(text: &str) -> Vec<Step> {
    let mut known = Known::default();
    lines(text).map(|line| step(line, &mut known)).collect()
}

/// What the lines of a history so far have said.
#[derive(Default)]
struct Known {
    /// The latest version of each segment that was edited.
    versions: BTreeMap<String, u32>,
    /// When the event happened that came in first of each visitor.
    first_events: BTreeMap<String, Moment>,
}

impl Known {
    /// `@ada` is the contact that the visitor ada got; every other name is that of a contact of its
    /// own.
    fn contact(&self, name: &str) -> ContactId {
        match name.strip_prefix('@') {
            Some(visitor) => first_contact_of(visitor, self.first_events[visitor]),
            None => contact_id(name),
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

pub(crate) fn segment_id(name: &str) -> SegmentId {
    SegmentId::from_uuid(ids().derive("test segment", &[name.as_bytes()]))
}

pub(crate) fn contact_id(name: &str) -> ContactId {
    ContactId::from_uuid(ids().derive("test contact", &[name.as_bytes()]))
}

/// The contact that a visitor gets by an event of that moment, when nothing links the visitor to
/// another.
pub(crate) fn first_contact_of(visitor: &str, created: Moment) -> ContactId {
    let event = plain_event("", visitor, "", created);
    let customer = event.customer.clone();
    let step = Step { now: event.received, what: What::Event(Box::new(event)) };
    World::run(&[], &[step], EACH_ALONE).store.visitors[&customer].contact
}

pub(crate) fn session_id(name: &str) -> SessionId {
    SessionId::from_uuid(ids().derive("test session", &[name.as_bytes()]))
}

pub(crate) fn moment(text: &str) -> Moment {
    let (day, time) = text.split_once('/').unwrap_or(("1", text));
    let start = Moment::parse(&format!("2026-03-01T{time}Z")).expect(text);
    start.plus_ms((day.parse::<i64>().unwrap() - 1) * DAY_MS)
}

/// The time of a moment as histories write it.
pub(crate) fn clock(moment: Moment) -> String {
    let ms = moment.ms_since(Moment::parse("2026-03-01").unwrap());
    let (day, text) = (ms.div_euclid(DAY_MS) + 1, moment.to_string());
    let time = text[11..23].trim_end_matches(".000").trim_end_matches(":00");
    let time = if time.len() == 2 { &text[11..16] } else { time };
    if day == 1 { time.to_owned() } else { format!("{day}/{time}") }
}

fn segment(line: &str, version: u32) -> Segment {
    let (head, patterns) = line.split_once(':').expect(line);
    let mut words = head.split_whitespace();
    let name = words.next().expect(line);
    let mut segment = Segment {
        id: segment_id(name),
        display_name: name.to_owned(),
        description: None,
        is_active: true,
        version,
        conditions_version: version,
        color: "#008000".to_owned(),
        scope: Scope::Session,
        should_display_to_agent: true,
        conditions: Conditions::default(),
        external_segment: None,
        assignment_expiration_days: None,
        created: moment("00:00"),
        modified: moment("00:00"),
    };
    for word in words {
        match word {
            "customer" => segment.scope = Scope::Customer,
            "off" => segment.is_active = false,
            "ordered" => segment.conditions.ordered = true,
            "renamed" => segment.conditions_version -= 1,
            days => {
                let days = days.strip_suffix('d').expect(line);
                segment.assignment_expiration_days = Some(days.parse().unwrap());
            }
        }
    }
    for pattern in patterns.split(';').map(str::trim).filter(|pattern| !pattern.is_empty()) {
        match pattern.strip_prefix("visit") {
            Some(criteria) => {
                let criteria = self::criteria(criteria);
                segment.conditions.context.push(ContextPattern { criteria });
            }
            None => segment.conditions.journey.push(journey_pattern(pattern)),
        }
    }
    segment
}

fn journey_pattern(text: &str) -> JourneyPattern {
    let (head, criteria) = text.split_once(" where ").unwrap_or((text, ""));
    let mut words = head.split_whitespace();
    let count = words.next().and_then(|word| word.strip_suffix('x')).expect(text);
    let event_name = words.next().filter(|name| *name != "any").map(str::to_owned);
    let (mut stream, mut within_seconds) = (Stream::Web, None);
    for word in words {
        match word.split_once('=') {
            Some(("within", seconds)) => within_seconds = Some(seconds.parse().unwrap()),
            _ if word == "app" => stream = Stream::App,
            _ => panic!("{text}"),
        }
    }
    JourneyPattern {
        criteria: self::criteria(criteria),
        count: count.parse().unwrap(),
        stream,
        session_type: stream.session_type().to_owned(),
        event_name,
        within_seconds,
    }
}

fn criteria(text: &str) -> Vec<Criterion> {
    let criterion = |text: &str| {
        let mut words = text.split_whitespace();
        let key = words.next().unwrap().to_owned();
        let operator = words.next().and_then(|word| word.parse().ok()).expect(text);
        let values = words.next().expect(text).split('|').map(|word| word.replace('_', " "));
        Criterion {
            key,
            operator,
            values: values.collect(),
            should_ignore_case: words.next() == Some("~"),
        }
    };
    text.split('&').map(str::trim).filter(|text| !text.is_empty()).map(criterion).collect()
}

fn step(line: &str, known: &mut Known) -> Step {
    let words: Vec<&str> = line.split_whitespace().collect();
    let now = moment(words[0]);
    let what = match words[1] {
        "due" => What::Due,
        "delete" => What::Delete(segment_id(words[2])),
        "edit" => {
            let definition = line.split_once(" edit ").expect(line).1;
            let name = words[2].trim_matches(':').to_owned();
            let version = known.versions.entry(name).or_insert(1);
            *version += 1;
            What::Edit(Box::new(segment(definition, *version)))
        }
        "assign" => {
            What::Assign { contact: known.contact(words[2]), segment: segment_id(words[3]) }
        }
        "unmerge" => What::Unmerge(known.contact(words[2])),
        "unassign" => {
            What::Unassign { contact: known.contact(words[2]), segment: segment_id(words[3]) }
        }
        visitor => {
            let event = event(line, visitor, words[2], &words[3..]);
            known.first_events.entry(visitor.to_owned()).or_insert(event.created);
            return Step { now: event.received, what: What::Event(Box::new(event)) };
        }
    };
    Step { now, what }
}

/// A live event of a visitor that arrives as it happens.
pub(crate) fn plain_event(id: &str, visitor: &str, name: &str, created: Moment) -> Event {
    Event {
        id: EventId::from_uuid(ids().derive("test event", &[id.as_bytes()])),
        stream: Stream::Web,
        session_type: Stream::Web.session_type().to_owned(),
        arrival: Arrival::Live,
        customer: CustomerKey::cookie(visitor),
        recorded_session: None,
        name: name.to_owned(),
        created,
        received: created,
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

pub(crate) fn attribute(value: &str) -> Attribute {
    Attribute { data_type: AttributeType::Text, value: value.to_owned() }
}

pub(crate) fn page(pathname: &str) -> Page {
    Page {
        url: format!("https://www.example.org{pathname}"),
        domain: "example.org".to_owned(),
        hostname: "www.example.org".to_owned(),
        pathname: pathname.to_owned(),
        ..Page::default()
    }
}

fn event(line: &str, visitor: &str, name: &str, fields: &[&str]) -> Event {
    let mut event = plain_event(line, visitor, name, moment(line.split(' ').next().unwrap()));
    for field in fields {
        let (field, value) = field.split_once('=').unwrap_or((field, ""));
        set(&mut event, field, value);
    }
    event
}

fn set(event: &mut Event, field: &str, value: &str) {
    let text = || Some(value.to_owned());
    match field {
        "app" => {
            event.stream = Stream::App;
            event.session_type = Stream::App.session_type().to_owned();
            event.app = Some(App { name: text(), ..App::default() });
        }
        "replay" => event.arrival = Arrival::Replay,
        "arrives" => event.received = moment(value),
        "session" => event.recorded_session = Some(session_id(value)),
        "path" => event.page = Some(page(value)),
        "screen" => event.screen_name = text(),
        "search" => event.search_query = text(),
        "agent" => event.user_agent = text(),
        "ip" => event.ip_address = text(),
        "organization" => event.ip_organization = text(),
        "external" => event.external_id = text(),
        "logged-in" => event.authenticated = Some(value == "yes"),
        "device" => {
            let device = event.device.get_or_insert_default();
            device.category = Some(value.parse().expect(value));
        }
        "model" => event.device.get_or_insert_default().device_type = text(),
        "os" => event.device = Some(Device { os_family: text(), ..Device::default() }),
        "browser" => event.browser = Some(Browser { version: text(), ..Browser::default() }),
        "country" => {
            event.geolocation = Some(Geolocation { country: text(), ..Geolocation::default() });
        }
        "source" => event.campaign = Some(Campaign { source: text(), ..Campaign::default() }),
        "click" => event.campaign = Some(Campaign { click_id: text(), ..Campaign::default() }),
        "referrer" => {
            event.referrer = Some(Referrer { url: value.to_owned(), ..Referrer::default() });
        }
        "email" | "phone" | "cellPhone" => {
            event.traits.insert(field.to_owned(), attribute(value));
        }
        name => {
            event.attributes.insert(name.to_owned(), attribute(value));
        }
    }
}
