//! A shop's segments and a shop's events, made from numbers: the same in every run.

use std::collections::BTreeMap;

use uuid::Uuid;
use wayfare_model::attribute::{Attribute, AttributeType};
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::{EventId, SegmentId};
use wayfare_model::segment::{
    Conditions, ContextPattern, Criterion, JourneyPattern, Operator, Scope, Segment,
};
use wayfare_model::time::Moment;
use wayfare_model::visit::{Browser, Campaign, Device, DeviceCategory, Page};

/// 2026-11-22T12:00:00Z.
const START_MS: i64 = 1_795_348_800_000;

/// Which events: what share of the segments they hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    None,
    PerMille,
    Percent,
    Tenth,
}

impl Share {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::PerMille, Self::Percent, Self::Tenth];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PerMille => "0.1 %",
            Self::Percent => "1 %",
            Self::Tenth => "10 %",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|share| share.name() == name)
    }

    /// The part of the shop that this share of the segments is about.
    pub(crate) fn department(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::PerMille => Some("garden"),
            Self::Percent => Some("kitchen"),
            Self::Tenth => Some("fashion"),
        }
    }
}

/// A sequence of numbers that looks random (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

fn criterion(key: &str, operator: Operator, values: &[&str], ignore: bool) -> Criterion {
    Criterion {
        key: key.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        should_ignore_case: ignore,
        operator,
    }
}

fn pattern(event_name: &str, count: u32, criteria: Vec<Criterion>) -> JourneyPattern {
    JourneyPattern {
        criteria,
        count,
        stream: Stream::Web,
        session_type: "web".to_owned(),
        event_name: Some(event_name.to_owned()),
        within_seconds: None,
    }
}

/// Segments of an organisation: of every thousand, one is about the department `garden`, ten about
/// `kitchen`, a hundred about `fashion`; the others are about things that few events have.
pub(crate) fn segments(count: usize) -> Vec<Segment> {
    (0..count as u64).map(|number| segment(number, conditions(number))).collect()
}

fn segment(number: u64, conditions: Conditions) -> Segment {
    let mut numbers = Numbers(number);
    let id = u128::from(numbers.next()) << 64 | u128::from(numbers.next());
    Segment {
        id: SegmentId::from_uuid(Uuid::from_u128(id)),
        display_name: format!("segment {number}"),
        description: None,
        is_active: true,
        version: 1,
        conditions_version: 1,
        color: "#444A52".to_owned(),
        scope: if number % 10 == 9 { Scope::Customer } else { Scope::Session },
        should_display_to_agent: true,
        conditions,
        external_segment: None,
        assignment_expiration_days: None,
        created: Moment::from_ms(START_MS),
        modified: Moment::from_ms(START_MS),
    }
}

fn conditions(number: u64) -> Conditions {
    use Operator as Op;
    let of_department = |department: &str| {
        let begin = format!("/shop/{department}/");
        let mut criteria = vec![criterion("page.pathname", Op::StartsWith, &[&begin], false)];
        if number.is_multiple_of(2) {
            criteria.push(criterion("searchQuery", Op::NotContainsAny, &["refund"], true));
        }
        journey(pattern("page_viewed", 1 + (number % 3) as u32, criteria))
    };
    match number % 1_000 {
        500 => return of_department("garden"),
        501..=510 => return of_department("kitchen"),
        511..=610 => return of_department("fashion"),
        _ => {}
    }
    let own = |what: &str| format!("{what}-{number}");
    match number % 10 {
        0..=2 => {
            let begin = format!("/shop/{}/", own("shelf"));
            let starts = criterion("page.pathname", Op::StartsWith, &[&begin], false);
            journey(pattern("page_viewed", 1 + (number % 4) as u32, vec![starts]))
        }
        3 | 4 => {
            let sku = criterion("attributes.sku.value", Op::Equal, &[&own("SKU")], true);
            let price = criterion("attributes.price.value", Op::GreaterThan, &["20"], false);
            journey(pattern("product_added", 1, vec![sku, price]))
        }
        5 => {
            let parts = [own("promo"), own("offer")];
            let url = criterion("page.url", Op::ContainsAny, &[&parts[0], &parts[1]], false);
            journey(pattern("page_viewed", 1, vec![url]))
        }
        6 => {
            let title = ["Sale", &own("Brand")];
            let title = criterion("page.title", Op::ContainsAll, &title, true);
            let end = criterion("page.pathname", Op::EndsWith, &[".pdf"], false);
            Conditions {
                context: vec![ContextPattern {
                    criteria: vec![criterion("device.category", Op::NotEqual, &["tablet"], false)],
                }],
                ..journey(pattern("page_viewed", 1, vec![title, end]))
            }
        }
        7 => {
            let query = criterion("searchQuery", Op::ContainsAny, &[&own("model")], true);
            let end = criterion("page.pathname", Op::EndsWith, &[&own("-result")], false);
            let mut two = journey(pattern("search_performed", 1, vec![query]));
            two.journey.push(pattern("page_viewed", 2, vec![end]));
            two
        }
        8 => {
            let campaign = criterion("mktCampaign.name", Op::Equal, &[&own("spring")], false);
            let browser = criterion("browser.version", Op::GreaterThanOrEqual, &["100"], false);
            let criteria = vec![campaign, browser];
            Conditions { context: vec![ContextPattern { criteria }], ..Conditions::default() }
        }
        _ => {
            let category = own("category");
            let category = criterion("attributes.category.value", Op::Equal, &[&category], false);
            journey(pattern("order_placed", 3, vec![category]))
        }
    }
}

fn journey(pattern: JourneyPattern) -> Conditions {
    Conditions { journey: vec![pattern], ..Conditions::default() }
}

/// Events of many visitors, one after another in time.
pub(crate) fn events(count: usize, share: Share) -> Vec<Event> {
    let mut numbers = Numbers(count as u64);
    (0..count).map(|number| event(number, share, &mut numbers)).collect()
}

fn event(number: usize, share: Share, numbers: &mut Numbers) -> Event {
    let product = numbers.below(1_000_000) + 10_000_000;
    let (name, department) = match (share.department(), numbers.below(10)) {
        (Some(department), _) => ("page_viewed", department.to_owned()),
        (None, 0..=5) => ("page_viewed", format!("shelf-{product}")),
        (None, 6 | 7) => ("product_added", format!("shelf-{product}")),
        (None, 8) => ("search_performed", format!("shelf-{product}")),
        (None, _) => ("order_placed", format!("shelf-{product}")),
    };
    let pathname = format!("/shop/{department}/lamp-{product}");
    let query = format!("utm_source=mail&utm_campaign=week-{}&ref=home", product % 52);
    let is_search = name == "search_performed";
    let attribute = |value: String| Attribute { data_type: AttributeType::Text, value };
    let mut attributes = BTreeMap::new();
    if name != "page_viewed" {
        attributes.insert("sku".to_owned(), attribute(format!("SKU-{product}")));
        attributes.insert("price".to_owned(), attribute(format!("{}.90", product % 200)));
        attributes.insert("category".to_owned(), attribute("lamps".to_owned()));
    }
    let created = Moment::from_ms(START_MS + number as i64);
    Event {
        id: EventId::from_uuid(Uuid::from_u128(numbers.next().into())),
        stream: Stream::Web,
        session_type: "web".to_owned(),
        arrival: Arrival::Live,
        customer: CustomerKey::cookie(format!("visitor-{}", number % 1_000)),
        recorded_session: None,
        name: name.to_owned(),
        created,
        received: created,
        page: Some(Page {
            url: format!("https://www.example.com{pathname}?{query}"),
            title: Some(format!("Lamp {product}, warm white | Example Shop")),
            lang: None,
            keywords: None,
            domain: "example.com".to_owned(),
            hostname: "www.example.com".to_owned(),
            pathname,
            query_string: Some(query),
            fragment: None,
        }),
        screen_name: None,
        search_query: is_search.then(|| format!("lamp {product} white")),
        app: None,
        sdk_library: None,
        network_connectivity: None,
        user_agent: None,
        browser: Some(Browser {
            family: Some("Chrome".to_owned()),
            version: Some("128.0.6613.120".to_owned()),
            lang: Some("en-GB".to_owned()),
            ..Browser::default()
        }),
        device: Some(Device { category: Some(DeviceCategory::Desktop), ..Device::default() }),
        ip_address: None,
        ip_organization: None,
        geolocation: None,
        campaign: Some(Campaign {
            source: Some("mail".to_owned()),
            name: Some(format!("week-{}", product % 52)),
            ..Campaign::default()
        }),
        referrer: None,
        attributes,
        traits: BTreeMap::new(),
        external_id: None,
        authenticated: None,
    }
}
