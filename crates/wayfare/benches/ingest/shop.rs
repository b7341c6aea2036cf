//! A shop's segments, its visitors' events and their history, made from numbers: the same in every
//! run, but for the time.

use std::io::Write as _;

use serde_json::{Value, json};

/// Visitors who are there at the same time, of the events that are sent one at a time.
const LIVE_VISITORS: u64 = 10_000;
/// Events of one of them. Then another comes in their place: what a visitor gathers does not depend
/// on how long a run is.
const LIVE_EVENTS_OF_VISITOR: u64 = 12;
/// Visitors take turns in a scattered order, each once before any comes again: two events of one that
/// overtake each other would be refused when its session begins.
const LIVE_STRIDE: u64 = 7_919;
/// What the cookies of live visitors begin with.
const LIVE_GROUP: &str = "c00c1e00";
/// Events of a visitor in the history, about.
const HISTORY_EVENTS_OF_VISITOR: u64 = 12;
/// Milliseconds between two events of the history.
const HISTORY_STEP_MS: i64 = 200;

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36",
];

/// Looks random (splitmix64).
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Segments of a shop. Of 500, one or two match a visitor who looks at a few pages.
pub(crate) fn segments(count: u64) -> impl Iterator<Item = Value> {
    (0..count).map(segment)
}

fn segment(number: u64) -> Value {
    let own = |what: &str| format!("{what}-{number}");
    let criterion = |key: &str, operator: &str, values: &[String]| json!({ "key": key, "values": values, "operator": operator, "shouldIgnoreCase": false });
    let journey = |event: &str, count: u64, criteria: Vec<Value>| {
        json!({ "patterns": [{
            "criteria": criteria, "count": count, "streamType": "Web", "sessionType": "web",
            "eventName": event,
        }] })
    };
    let mut segment = json!({
        "displayName": format!("segment {number}"),
        "scope": if number % 10 == 9 { "Customer" } else { "Session" },
    });
    let (name, part) = match number % 8 {
        // One in a hundred departments that are looked at is a segment's.
        0 | 1 => (
            "journey",
            journey(
                "page_viewed",
                1 + number % 3,
                vec![criterion(
                    "page.pathname",
                    "startsWith",
                    &[format!("/shop/department-{}/", number % 400)],
                )],
            ),
        ),
        2 | 3 => (
            "journey",
            journey(
                "product_added",
                1,
                vec![
                    criterion("attributes.sku.value", "equal", &[own("SKU")]),
                    criterion("attributes.price.value", "greaterThan", &["20".to_owned()]),
                ],
            ),
        ),
        4 => (
            "journey",
            journey(
                "page_viewed",
                1,
                vec![criterion("page.url", "containsAny", &[own("promo"), own("offer")])],
            ),
        ),
        5 => (
            "journey",
            journey(
                "page_viewed",
                2,
                vec![criterion("page.title", "containsAll", &["Sale".to_owned(), own("Brand")])],
            ),
        ),
        6 => (
            "journey",
            journey(
                "search_performed",
                1,
                vec![criterion("searchQuery", "containsAny", &[own("model")])],
            ),
        ),
        _ => {
            let mut of_visit = criterion("mktCampaign.name", "equal", &[own("spring")]);
            of_visit["entityType"] = json!("visit");
            ("context", json!({ "patterns": [{ "criteria": [of_visit] }] }))
        }
    };
    segment[name] = part;
    segment
}

/// Writes the body of a web event.
pub(crate) fn live_event(number: u64, created: &str, body: &mut Vec<u8>) {
    write_event(number, live_visitor(number), created, LIVE_GROUP, body);
}

/// The cookie of the visitor whose event it is.
pub(crate) fn live_cookie(number: u64) -> String {
    cookie(LIVE_GROUP, live_visitor(number))
}

fn cookie(group: &str, visitor: u64) -> String {
    format!("{group}-0000-4000-8000-{visitor:012}")
}

fn live_visitor(number: u64) -> u64 {
    let place = number.wrapping_mul(LIVE_STRIDE) % LIVE_VISITORS;
    // Those of neighbouring places do not leave in the same round.
    let round = number / LIVE_VISITORS + place;
    round / LIVE_EVENTS_OF_VISITOR * LIVE_VISITORS + place
}

/// Writes a line of the history.
pub(crate) fn history_line(number: u64, created: &str, body: &mut Vec<u8>) {
    // Visitors come and go: those of one time are neighbours.
    let around = number / HISTORY_EVENTS_OF_VISITOR;
    write_event(number, around + mixed(number) % 500, created, "0d0c1e00", body);
    body.push(b'\n');
}

/// When an event of the history happened, so many events before its end.
pub(crate) fn history_ms(end_ms: i64, number: u64, count: u64) -> i64 {
    let before = i64::try_from(count.saturating_sub(number)).unwrap_or(i64::MAX);
    end_ms - before.saturating_mul(HISTORY_STEP_MS)
}

fn write_event(number: u64, visitor: u64, created: &str, group: &str, body: &mut Vec<u8>) {
    let random = mixed(number ^ 0x5eed);
    let name = match random % 10 {
        0..=6 => "page_viewed",
        7 | 8 => "product_added",
        _ => "search_performed",
    };
    let (department, product) = (random / 16 % 400, random / 8_192 % 1_000_000);
    let cookie = cookie(group, visitor);
    let agent = AGENTS[(visitor % AGENTS.len() as u64) as usize];
    let written = write!(
        body,
        r#"{{"customerCookieId":"{cookie}","eventName":"{name}","page":{{"url":"https://www.shop.example/shop/department-{department}/lamp-{product}?utm_source=mail&utm_campaign=week-{}&n={number}","title":"Lamp {product}, warm white | Example Shop"}},"userAgentString":"{agent}","browser":{{"lang":"en-GB"}},"device":{{"screenWidth":1920,"screenHeight":1080}},"ipAddress":"203.0.113.{}","referrerUrl":"https://www.google.com/","#,
        product % 52,
        visitor % 250,
    );
    debug_assert!(written.is_ok());
    match name {
        "product_added" => {
            let _ = write!(
                body,
                r#""attributes":{{"sku":{{"dataType":"string","value":"SKU-{}"}},"price":{{"dataType":"number","value":"{}.90"}}}},"#,
                product % 5_000,
                product % 200,
            );
        }
        "search_performed" => {
            let _ = write!(body, r#""searchQuery":"lamp {product} white","#);
        }
        _ => {}
    }
    let _ = write!(body, r#""createdDate":"{created}"}}"#);
}
