//! What the fuzzer calls for events and imports: bytes become bodies. Whatever is sent is refused with
//! a 4xx that names what is wrong, or it is an event, the same one however often and in whatever
//! spelling of JSON it is sent. The file is part of the tests and of the fuzzer's own crate.

use std::sync::OnceLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use wayfare_app::ingest::accept::{Reader, Sender};
use wayfare_http::parse_body;
use wayfare_http::problem::status;
use wayfare_model::event::{Arrival, Event, Stream};
use wayfare_model::id::IdSource;
use wayfare_model::limits::{EVENT_AGE_MS_MAX, EVENT_AHEAD_MS_MAX, FAULTS_MAX};
use wayfare_model::problem::Problem;
use wayfare_model::time::Moment;
use wayfare_model::wire::{AppEventRequest, WebEventRequest};

fn reader() -> &'static Reader {
    static READER: OnceLock<Reader> = OnceLock::new();
    READER.get_or_init(Reader::default)
}

fn ids() -> IdSource {
    IdSource::new(Uuid::from_u128(7))
}

fn now() -> Moment {
    Moment::parse("2026-11-22T12:00:00Z").expect("a date")
}

/// Bodies in which everything is said, and right.
fn whole_web_event() -> Value {
    json!({
        "customerCookieId": "9c0f9fbd-1c8e-4d4f-9d3f-0a7b5d3f8a11",
        "createdDate": "2026-11-22T11:59:58.123Z",
        "eventName": "page_viewed",
        "page": {
            "url": "https://www.example.com/shop/lamps?utm_source=mail&utm_campaign=week-4&gclid=x#top",
            "title": "Lamps \u{e9} \u{1f4a1}", "lang": "en-GB", "keywords": "lamp, light"
        },
        "searchQuery": "warm white",
        "userAgentString": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
        "browser": {"family": "Chrome", "version": "128.0", "lang": "de"},
        "device": {
            "category": "desktop", "type": "PC", "isMobile": false, "screenHeight": 1080,
            "screenWidth": 1920, "screenDensity": 2, "osFamily": "Linux", "osVersion": "6",
            "manufacturer": "none"
        },
        "ipAddress": "203.0.113.7",
        "referrerUrl": "https://www.google.com/search?q=lamps",
        "attributes": {
            "price": {"dataType": "number", "value": "12.90"},
            "sku": {"dataType": "string", "value": "SKU-1"},
            "count": {"dataType": "integer", "value": "3"},
            "sale": {"dataType": "boolean", "value": "true"}
        },
        "traits": {"email": {"dataType": "string", "value": "ada@example.org"}},
        "externalId": "visitor-7"
    })
}

fn whole_app_event() -> Value {
    json!({
        "customerCookieId": "9c0f9fbd-1c8e-4d4f-9d3f-0a7b5d3f8a11",
        "createdDate": "2026-11-22T11:59:58.123Z",
        "eventName": "screen_viewed",
        "screenName": "Home",
        "app": {"name": "Shop", "namespace": "com.example", "version": "1.2", "buildNumber": "7"},
        "device": {
            "category": "mobile", "type": "Phone", "isMobile": true, "screenHeight": 2000,
            "screenWidth": 900, "screenDensity": 3, "fingerprint": "f", "osFamily": "Android",
            "osVersion": "15", "manufacturer": "Acme"
        },
        "sdkLibrary": {"name": "sdk", "version": "3"},
        "networkConnectivity": {
            "carrier": "Mobile", "bluetoothEnabled": false, "cellularEnabled": true,
            "wifiEnabled": false
        },
        "searchQuery": "warm white",
        "referrerUrl": "https://t.co/x",
        "attributes": {"price": {"dataType": "number", "value": "12.90"}},
        "traits": {"phone": {"dataType": "string", "value": "+15550100"}},
        "externalId": "visitor-7"
    })
}

fn whole_record() -> Value {
    let mut record = whole_web_event();
    record["id"] = json!("order-1");
    record["seq"] = json!(4);
    record["stream"] = json!("web");
    record["sessionType"] = json!("web");
    record["sessionId"] = json!("0b54de9c-4c1c-4d39-8b77-8f5f2a7b1c02");
    record["attributes"] =
        json!({"price": 12.9, "count": 3, "sale": true, "sku": "SKU-1", "none": null});
    record["geolocation"] = json!({
        "country": "GB", "countryName": "United Kingdom", "latitude": 51.5, "longitude": -0.12,
        "locality": "London", "postalCode": "N1", "region": "ENG", "regionName": "England",
        "source": "sent", "timezone": "Europe/London"
    });
    record["authenticated"] = json!(true);
    record
}

/// Bytes as choices; all zero behind the end.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn below(&mut self, limit: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % limit
    }

    /// The next bytes as they are.
    fn text(&mut self) -> String {
        let length = self.below(24).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }

    /// A value that may be right or wrong, wherever it is put.
    fn value(&mut self) -> Value {
        const TEXTS: [&str; 16] = [
            "",
            " ",
            "page_viewed",
            "2026-11-22T11:30:00Z",
            "2026-11-22T12:04:00+00:00",
            "2026-11-22T12:59:00.999999+01:00",
            "1969-12-31T23:59:59.999Z",
            "9c0f9fbd1c8e4d4f9d3f0a7b5d3f8a11",
            "{9C0F9FBD-1C8E-4D4F-9D3F-0A7B5D3F8A11}",
            "//host",
            "http://[::1]:80/%ff?utm_source=%C3%28&&=&utm_term=a+b",
            "https://b\u{fc}cher.example:443/\u{e9}?gclid#",
            "app",
            "mobile",
            "true",
            "-0",
        ];
        match self.below(14) {
            0 => Value::Null,
            1 => json!(self.below(2) == 1),
            2 => json!(self.below(256)),
            3 => json!(-1.5e300),
            4 => json!(u64::MAX),
            5 => json!([]),
            6 => json!({}),
            7 => json!({"dataType": "integer", "value": self.text()}),
            8 => json!("x".repeat(40 * self.below(256))),
            9 => json!([{"a": self.text()}]),
            10 | 11 => json!(self.text()),
            _ => json!(TEXTS[self.below(TEXTS.len())]),
        }
    }

    /// Changes up to three places of a body.
    fn changed(&mut self, mut body: Value) -> Value {
        for _ in 0..self.below(4) {
            let mut place = &mut body;
            // A level deeper, as long as there is one and it is wanted.
            while let Value::Object(fields) = place {
                let count = fields.len();
                let chosen = self.below(count + 1);
                if chosen == count || self.below(16) == 0 {
                    let name = if self.below(2) == 0 { self.text() } else { "url".to_owned() };
                    fields.insert(name, json!(0));
                    place = fields.values_mut().next_back().expect("just put in");
                    break;
                }
                let name = fields.keys().nth(chosen).cloned().expect("one of them");
                if self.below(6) == 0 {
                    fields.remove(&name);
                    return body;
                }
                place = fields.get_mut(&name).expect("one of them");
            }
            *place = self.value();
        }
        body
    }
}

/// A refusal is the client's fault, and says where.
fn check_refusal(problem: &Problem, sent: &[u8]) {
    let told = || format!("{problem:?} for {}", String::from_utf8_lossy(sent));
    assert!(status(problem.kind).is_client_error(), "{}", told());
    assert!(!problem.message.is_empty(), "{}", told());
    assert!(problem.faults.len() <= FAULTS_MAX, "{}", told());
    for fault in &problem.faults {
        assert!(status(fault.kind).is_client_error(), "{}", told());
        assert!(!fault.field.is_empty() && fault.message.contains(&fault.field), "{}", told());
    }
}

/// What is true of every event that was let in.
fn check_event(event: &Event) {
    assert!(Uuid::parse_str(&event.customer.id).is_ok(), "{event:?}");
    let is_legal = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    assert!(!event.name.is_empty() && event.name.chars().all(is_legal), "{event:?}");
    assert_eq!(event.session_type, event.stream.session_type(), "{event:?}");
    if event.stream == Stream::Web {
        let page = event.page.as_ref().expect("a page");
        assert!(!page.url.is_empty() && !page.hostname.is_empty(), "{event:?}");
    }
    if event.arrival == Arrival::Live {
        let age_ms = now().ms_since(event.created);
        assert!((-EVENT_AHEAD_MS_MAX..=EVENT_AGE_MS_MAX).contains(&age_ms), "{event:?}");
    } else {
        assert!(event.created <= now(), "{event:?}");
    }
}

/// Sends a body; tells whether it was accepted.
fn send<T>(sent: &[u8], read: impl Fn(T) -> Result<Event, Problem>) -> bool
where
    T: Clone + Serialize + DeserializeOwned,
{
    let request: T = match parse_body(sent) {
        Ok(request) => request,
        Err(problem) => {
            check_refusal(&problem, sent);
            return false;
        }
    };
    match read(request.clone()) {
        Ok(event) => {
            check_event(&event);
            assert_eq!(read(request.clone()).as_ref(), Ok(&event));
            let written = serde_json::to_vec(&request).expect("it was read");
            let again: T = parse_body(&written).expect("it was read once");
            assert_eq!(read(again).as_ref(), Ok(&event), "{}", String::from_utf8_lossy(sent));
            true
        }
        Err(problem) => {
            check_refusal(&problem, sent);
            assert!(!problem.faults.is_empty(), "{problem:?}");
            false
        }
    }
}

/// Bodies of web and app events.
pub(crate) fn event_bodies(data: &[u8]) {
    accepted_bodies(data);
}

/// The same; tells how many were accepted, and how many refused.
pub(crate) fn accepted_bodies(data: &[u8]) -> (usize, usize) {
    let web = |request: WebEventRequest| {
        let sender = Sender { address: Some("198.51.100.4".to_owned()), user_agent: None };
        reader().web_event(&ids(), request, sender, now())
    };
    let app =
        |request: AppEventRequest| reader().app_event(&ids(), request, Sender::default(), now());
    let outcomes = if data.first() == Some(&b'{') {
        vec![send(data, web), send(data, app)]
    } else {
        let mut input = Input(data);
        match input.below(2) {
            0 => vec![send(input.changed(whole_web_event()).to_string().as_bytes(), web)],
            _ => vec![send(input.changed(whole_app_event()).to_string().as_bytes(), app)],
        }
    };
    let accepted = outcomes.iter().filter(|accepted| **accepted).count();
    (accepted, outcomes.len() - accepted)
}

/// Lines of an import.
pub(crate) fn import_lines(data: &[u8]) {
    accepted_lines(data);
}

/// The same; tells how many were accepted, and how many refused.
pub(crate) fn accepted_lines(data: &[u8]) -> (usize, usize) {
    let body = if matches!(data.first(), Some(b'{' | b'\n')) {
        data.to_vec()
    } else {
        let mut input = Input(data);
        let mut body = Vec::new();
        for _ in 0..=input.below(4) {
            match input.below(8) {
                0 => body.extend(input.text().bytes()),
                1 => body.extend(b" \r"),
                _ => body.extend(input.changed(whole_record()).to_string().bytes()),
            }
            body.push(b'\n');
        }
        body
    };
    let (ids, now) = (ids(), now());
    let outcomes: Vec<_> = reader().lines(&ids, &body, now).collect();
    let whole = body.strip_suffix(b"\n").unwrap_or(&body);
    let plain: Vec<&[u8]> = match whole.is_empty() {
        true => Vec::new(),
        false => whole.split(|byte| *byte == b'\n').collect(),
    };
    assert_eq!(outcomes.len(), plain.len());
    let (mut accepted, mut refused) = (0, 0);
    for ((number, outcome), (place, line)) in outcomes.iter().zip(plain.iter().enumerate()) {
        assert_eq!(*number, place as u64 + 1);
        // A line is what it is, whatever stands around it.
        let alone = reader().lines(&ids, line, now).next();
        assert_eq!(alone.and_then(|(_, alone)| alone), *outcome);
        match outcome {
            None => assert!(String::from_utf8_lossy(line).trim().is_empty()),
            Some(Ok(event)) => {
                check_event(event);
                accepted += 1;
            }
            Some(Err(problem)) => {
                check_refusal(problem, line);
                refused += 1;
            }
        }
    }
    (accepted, refused)
}
