//! Random segments, events and sessions. Texts are made of few letters, so that beginnings, ends
//! and parts of one another are common.

use proptest::collection::{btree_map, vec};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::{ContactId, EventId, SegmentId, SessionId};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, JourneyPattern, Operator, Scope, Segment,
};
use wayfare_model::session::{LastEvent, Session};
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Campaign, Device, DeviceCategory, Page};

const NAMES: [&str; 3] = ["page_viewed", "order_placed", "Order_Placed"];
const ATTRIBUTES: [&str; 3] = ["x", "y", "z"];

/// Texts of few letters: some long, some empty, some numbers, some that change with their case.
fn text() -> impl Strategy<Value = String> {
    let part =
        select(&["a", "b", "A", "ab", "/", "É", "é", "İ", "ß", "1", "2", ".", "-", "\0"][..]);
    prop_oneof![
        6 => vec(part, 0..6).prop_map(|parts| parts.concat()),
        1 => vec(select(&["a", "b"][..]), 6..24).prop_map(|parts| parts.concat()),
        1 => select(&["desktop", "mobile", "true", "false", "page_viewed"][..])
            .prop_map(str::to_owned),
    ]
}

fn number() -> impl Strategy<Value = String> {
    (-3_i32..30, of(0_u8..10)).prop_map(|(whole, part)| match part {
        Some(part) => format!("{whole}.{part}"),
        None => whole.to_string(),
    })
}

fn criterion(keys: &'static [&'static str]) -> impl Strategy<Value = Criterion> {
    let numbers = vec(number(), 1..3);
    (select(keys), select(&Operator::ALL[..]), vec(text(), 1..4), numbers, any::<bool>()).prop_map(
        |(key, operator, texts, numbers, should_ignore_case)| {
            let values = if operator.is_numeric() { numbers } else { texts };
            Criterion { key: key.to_owned(), values, should_ignore_case, operator }
        },
    )
}

fn context_pattern() -> impl Strategy<Value = ContextPattern> {
    let keys = &[
        "device.category",
        "browser.version",
        "mktCampaign.source",
        "authenticated",
        "browser.lang",
    ];
    vec(criterion(keys), 0..4).prop_map(|criteria| ContextPattern { criteria })
}

fn journey_pattern() -> impl Strategy<Value = JourneyPattern> {
    let web = &[
        "eventName",
        "page.pathname",
        "page.title",
        "searchQuery",
        "attributes.x.value",
        "attributes.y.value",
    ];
    let app = &["eventName", "searchQuery", "attributes.x.value", "attributes.z.value"];
    let criteria = prop_oneof![
        4 => vec(criterion(web), 0..4).prop_map(|criteria| (Stream::Web, criteria)),
        1 => vec(criterion(app), 0..4).prop_map(|criteria| (Stream::App, criteria)),
    ];
    let name = weighted(0.5, select(&NAMES[..]));
    (criteria, 1_u32..4, name).prop_map(|((stream, criteria), count, name)| JourneyPattern {
        criteria,
        count,
        stream,
        session_type: stream.session_type().to_owned(),
        event_name: name.map(str::to_owned),
        within_seconds: None,
    })
}

/// What a segment looks at, and whether it is active.
pub(crate) fn definition() -> impl Strategy<Value = (Conditions, bool)> {
    let conditions = (vec(context_pattern(), 0..2), vec(journey_pattern(), 0..3))
        .prop_map(|(context, journey)| Conditions { context, journey, ordered: false });
    (conditions, prop::bool::weighted(0.95))
}

pub(crate) fn segment(number: u128, version: u32, definition: (Conditions, bool)) -> Segment {
    // Ids in another order than numbers.
    let id = SegmentId::from_uuid(Uuid::from_u128(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
    let (conditions, is_active) = definition;
    Segment {
        id,
        display_name: format!("segment {number}"),
        description: None,
        is_active,
        version,
        conditions_version: version,
        color: "#000000".to_owned(),
        scope: Scope::Session,
        should_display_to_agent: true,
        conditions,
        external_segment: None,
        assignment_expiration_days: None,
        created: Moment::from_ms(0),
        modified: Moment::from_ms(0),
    }
}

pub(crate) fn segments(most: usize) -> impl Strategy<Value = Vec<Segment>> {
    vec(definition(), 0..most).prop_map(|many| {
        (1..).zip(many).map(|(number, definition)| segment(number, 1, definition)).collect()
    })
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let stream = prop_oneof![4 => Just(Stream::Web), 1 => Just(Stream::App)];
    let page = (text(), of(text()));
    let value = prop_oneof![text(), number()];
    let attributes = btree_map(select(&ATTRIBUTES[..]).prop_map(str::to_owned), value, 0..3);
    (stream, select(&NAMES[..]), of(page), of(text()), attributes).prop_map(
        |(stream, name, page, search_query, attributes)| {
            let page = page.filter(|_| stream == Stream::Web);
            let page = page.map(|(pathname, title)| Page { pathname, title, ..Page::default() });
            let attribute = |value| Attribute { value, data_type: AttributeType::Text };
            Event {
                id: EventId::from_uuid(Uuid::from_u128(1)),
                stream,
                session_type: stream.session_type().to_owned(),
                arrival: Arrival::Live,
                customer: CustomerKey { id_type: "cookie".to_owned(), id: "ada".to_owned() },
                recorded_session: None,
                name: name.to_owned(),
                created: Moment::from_ms(0),
                received: Moment::from_ms(0),
                page,
                screen_name: None,
                search_query,
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
                attributes: attributes
                    .into_iter()
                    .map(|(name, value)| (name, attribute(value)))
                    .collect(),
                traits: std::collections::BTreeMap::new(),
                external_id: None,
                authenticated: None,
            }
        },
    )
}

pub(crate) fn session() -> impl Strategy<Value = Session> {
    let category = of(select(&DeviceCategory::ALL[..]));
    let browser = of((of(number()), of(text())));
    (event(), category, browser, of(text()), of(any::<bool>())).prop_map(
        |(event, category, browser, source, authenticated)| Session {
            id: SessionId::from_uuid(Uuid::from_u128(2)),
            customer: event.customer,
            contact: ContactId::from_uuid(Uuid::from_u128(3)),
            stream: event.stream,
            session_type: event.session_type,
            external_id: None,
            recorded: false,
            started: event.created,
            emitted: event.created,
            last_event: LastEvent { id: event.id, name: event.name, created: event.created },
            ends: event.created,
            ended: None,
            closed_by_campaign: None,
            event_count: 1,
            pageview_count: 0,
            screenview_count: 0,
            user_agent: None,
            browser: browser.map(|(version, lang)| Browser { version, lang, ..Browser::default() }),
            device: category
                .map(|category| Device { category: Some(category), ..Device::default() }),
            ip_address: None,
            ip_organization: None,
            geolocation: None,
            campaign: source.map(|source| Campaign { source: Some(source), ..Campaign::default() }),
            referrer: None,
            app: None,
            sdk_library: None,
            network_connectivity: None,
            authenticated,
            last_page: None,
            last_screen: None,
            search_terms: Vec::new(),
            attributes: std::collections::BTreeMap::new(),
            segments: Vec::new(),
            progress: Vec::new(),
            decides: None,
        },
    )
}
