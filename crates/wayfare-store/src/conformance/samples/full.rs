//! Values in which nothing is absent.

use std::collections::BTreeMap;

use wayfare_model::assignment::{Assignment, UnassignReason};
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::change::AppliedEvent;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{App, Arrival, Event, NetworkConnectivity, SdkLibrary, Stream};
use wayfare_model::fact::{Dimension, Fact, Metric};
use wayfare_model::segment::Scope;
use wayfare_model::session::{
    Folded, LastEvent, Progress, Sequence, SequenceEvent, Session, SessionSegment, Standing,
    StepStanding, Visitor,
};
use wayfare_model::visit::{
    Browser, Campaign, Device, DeviceCategory, Geolocation, Page, Referrer, ReferrerMedium,
};

use super::{
    assignment, assignment_id, at, contact_id, event, event_id, fact, segment_id, session,
    session_id, visitor,
};

/// A visitor in which nothing is absent.
#[must_use]
pub fn full_visitor(number: u8) -> Visitor {
    Visitor {
        first_seen: at(-86_400_000),
        last_seen: at(7),
        event_count: 5_000_000_000,
        pageview_count: 12,
        recent_sessions: vec![session_id(200), session_id(number)],
        progress: progress(),
        ..visitor(number)
    }
}

/// A session in which nothing is absent.
#[must_use]
pub fn full_session(number: u8) -> Session {
    let full = full_event(number).event;
    Session {
        stream: Stream::App,
        session_type: "app".to_owned(),
        external_id: Some("external 1".to_owned()),
        recorded: true,
        emitted: at(3),
        last_event: LastEvent { id: event_id(9), name: "view".to_owned(), created: at(40) },
        ends: at(1_200_040),
        ended: Some(at(1_200_041)),
        closed_by_campaign: Some(at(41)),
        event_count: 4,
        pageview_count: 3,
        screenview_count: 2,
        user_agent: full.user_agent,
        browser: full.browser,
        device: full.device,
        ip_address: full.ip_address,
        ip_organization: full.ip_organization,
        geolocation: full.geolocation,
        campaign: full.campaign,
        referrer: full.referrer,
        app: full.app,
        sdk_library: full.sdk_library,
        network_connectivity: full.network_connectivity,
        authenticated: Some(false),
        last_page: full.page,
        last_screen: full.screen_name,
        search_terms: vec!["red shoes".to_owned(), "Schuhe, größer".to_owned()],
        attributes: attributes(),
        segments: vec![SessionSegment {
            segment: segment_id(3),
            assignment: assignment_id(4),
            assigned: at(5),
        }],
        progress: progress(),
        decides: Some(at(1_000)),
        ..session(number)
    }
}

/// An event in which nothing is absent.
#[must_use]
pub fn full_event(number: u8) -> AppliedEvent {
    let applied = event(number);
    let event = Event {
        stream: Stream::App,
        session_type: "app".to_owned(),
        arrival: Arrival::Replay,
        // Any character may be in a customer id.
        customer: CustomerKey::new("custom \"type\"", "a/b\0c 'é' 🛒"),
        recorded_session: Some(session_id(77)),
        received: at(-1),
        page: Some(page()),
        screen_name: text("Checkout"),
        search_query: text("red shoes"),
        app: Some(App {
            name: text("Shop"),
            namespace: text("example.shop"),
            version: text("3.1"),
            build_number: text("310"),
        }),
        sdk_library: Some(SdkLibrary { name: text("messenger"), version: text("1.2.3") }),
        network_connectivity: Some(NetworkConnectivity {
            carrier: text("Carrier"),
            bluetooth_enabled: Some(false),
            cellular_enabled: Some(true),
            wifi_enabled: Some(true),
        }),
        user_agent: text("Mozilla/5.0 (X11; Linux x86_64)"),
        browser: Some(browser()),
        device: Some(device()),
        ip_address: text("2001:db8::1"),
        ip_organization: text("Example Provider"),
        geolocation: Some(geolocation()),
        campaign: Some(campaign()),
        referrer: Some(referrer()),
        attributes: attributes(),
        traits: BTreeMap::from([(
            "email".to_owned(),
            Attribute { data_type: AttributeType::Text, value: "ann@example.org".to_owned() },
        )]),
        external_id: text("external 1"),
        authenticated: Some(true),
        ..applied.event
    };
    AppliedEvent { event, ..applied }
}

/// An assignment in which nothing is absent.
#[must_use]
pub fn full_assignment(number: u8) -> Assignment {
    Assignment {
        scope: Scope::Customer,
        segment_version: 7,
        made_on: Some(contact_id(number)),
        emitted: at(1),
        modified: at(2),
        expires: Some(at(3)),
        unassigned: Some((at(2), UnassignReason::SegmentDeleted)),
        ..assignment(number)
    }
}

/// A fact in which nothing is absent.
#[must_use]
pub fn full_fact(number: u8) -> Fact {
    Fact {
        metric: Metric::JourneyOutcomeValue,
        emitted: at(1),
        happened: at(-1),
        value: Some(0.1 + 0.2),
        dimensions: BTreeMap::from([
            (Dimension::JourneySessionType, vec!["web".to_owned()]),
            (Dimension::JourneySessionSegmentId, vec!["é".to_owned(), "\"two\"".to_owned()]),
        ]),
        ..fact(number)
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn progress() -> Vec<Progress> {
    let progress = |number| Progress {
        segment: segment_id(number),
        conditions_version: 2,
        counts: vec![0, 3],
        sequence: None,
    };
    let of_moments =
        Progress { counts: Vec::new(), sequence: Some(Box::new(sequence())), ..progress(3) };
    vec![progress(1), progress(2), of_moments]
}

fn sequence() -> Sequence {
    let recent = |number: u8, ms, patterns| SequenceEvent {
        created: at(ms),
        event: event_id(number),
        patterns,
    };
    let steps = vec![
        StepStanding { is_reached: true, count: 2, since: Vec::new() },
        StepStanding { is_reached: false, count: 0, since: vec![at(20), at(-10)] },
    ];
    Sequence {
        folded: Some(Folded {
            until: (at(20), event_id(4)),
            standing: Standing { steps, is_broken: true, satisfied: Some(at(19)) },
        }),
        recent: vec![recent(5, 21, vec![0]), recent(6, 22, vec![1, 70_000])],
    }
}

fn attributes() -> BTreeMap<String, Attribute> {
    let attribute = |name: &str, data_type, value: &str| {
        (name.to_owned(), Attribute { data_type, value: value.to_owned() })
    };
    BTreeMap::from([
        attribute("colour", AttributeType::Text, "rød"),
        attribute("items", AttributeType::Integer, "3"),
        attribute("price", AttributeType::Number, "9.90"),
        attribute("gift", AttributeType::Boolean, "true"),
    ])
}

fn page() -> Page {
    Page {
        url: "https://shop.example.org/cart?item=1#top".to_owned(),
        title: text("Cart"),
        lang: text("en"),
        keywords: text("shoes, red"),
        domain: "example.org".to_owned(),
        hostname: "shop.example.org".to_owned(),
        pathname: "/cart".to_owned(),
        query_string: text("item=1"),
        fragment: text("top"),
    }
}

fn browser() -> Browser {
    Browser {
        family: text("Firefox"),
        version: text("120.0"),
        lang: text("en-GB"),
        fingerprint: text("12345"),
        is_mobile: Some(false),
        view_height: Some(900),
        view_width: Some(1_600),
        features_flash: Some(false),
        features_java: Some(false),
        features_pdf: Some(true),
        features_webrtc: Some(true),
    }
}

fn device() -> Device {
    Device {
        category: Some(DeviceCategory::Tablet),
        device_type: text("iPad"),
        is_mobile: Some(true),
        screen_height: Some(1_024),
        screen_width: Some(768),
        screen_density: Some(2),
        fingerprint: text("54321"),
        os_family: text("iOS"),
        os_version: text("17.1"),
        manufacturer: text("Apple"),
    }
}

fn geolocation() -> Geolocation {
    Geolocation {
        country: text("GB"),
        country_name: text("United Kingdom"),
        // Digits that a careless number parser gets wrong in the last bit.
        latitude: Some(51.507_400_000_000_006),
        longitude: Some(-0.300_000_000_000_000_04),
        locality: text("London"),
        postal_code: text("SW1A"),
        region: text("ENG"),
        region_name: text("England"),
        source: text("example"),
        timezone: text("Europe/London"),
    }
}

fn campaign() -> Campaign {
    Campaign {
        source: text("newsletter"),
        medium: text("email"),
        name: text("spring"),
        term: text("shoes"),
        content: text("top banner"),
        click_id: text("c1"),
        network: text("network"),
    }
}

fn referrer() -> Referrer {
    Referrer {
        url: "https://www.example.com/search?q=shoes#1".to_owned(),
        domain: text("example.com"),
        hostname: text("www.example.com"),
        keywords: text("shoes"),
        pathname: text("/search"),
        query_string: text("q=shoes"),
        fragment: text("1"),
        name: text("Example"),
        medium: Some(ReferrerMedium::Search),
    }
}
