//! Requests that make the server show every field it ever shows.

use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, IMPORTS, Request, SEGMENTS, TestClient, TestServer, customer_segment, page_segment,
    text, visitor, wait_until,
};
use crate::random_bodies::full::{app_event, operations, target};

/// A request and its answer.
pub(super) struct Example {
    /// The operation's name.
    pub(super) operation: &'static str,
    pub(super) method: String,
    pub(super) path: String,
    /// The body; null when there is none.
    pub(super) body: Value,
    pub(super) answer: Value,
}

/// Examples of every operation that is served.
pub(super) fn examples(server: &TestServer, client: &TestClient<'_>) -> Vec<Example> {
    let mut all = Vec::new();
    for number in 0..3 {
        client.create_segment(&page_segment(&format!("page {number}"), "shop.example.com", 1));
    }
    let mut days = customer_segment("a week", "shop.example.com", 1);
    days["assignmentExpirationDays"] = json!(7);
    client.create_segment(&days);
    client.post("/api/wayfare/v1/actiontargets", &target()).with(201);
    for operation in operations(client, &server.clock.text(0)) {
        if operation.path.starts_with("/api/wayfare/") {
            continue;
        }
        let answer =
            client.send_text(operation.method, &operation.path, &operation.body.to_string());
        assert!(answer.status < 300, "{}: {}", operation.name, answer.json);
        all.push(Example {
            operation: operation.name,
            method: operation.method.to_owned(),
            path: operation.path,
            body: operation.body,
            answer: answer.json,
        });
    }
    let visits = visits(server, client);
    reads(client, &visits, &mut all);
    contacts(client, &visits, &mut all);
    jobs(client, &mut all);
    server.clock.advance_minutes(45);
    ended(client, &visits, &mut all);
    let id = client.create_segment(&page_segment("to be deleted", "x", 1));
    client.delete(&format!("{SEGMENTS}/{id}")).with(204);
    all.push(Example {
        operation: "delete_journey_segment",
        method: "DELETE".to_owned(),
        path: format!("{SEGMENTS}/{id}"),
        body: Value::Null,
        answer: Value::Null,
    });
    all
}

/// Who came.
struct Visits {
    web: String,
    app: String,
    contact: String,
}

/// A visit that tells all there is to tell, and one of an app.
fn visits(server: &TestServer, client: &TestClient<'_>) -> Visits {
    let record = json!({
        "stream": "web", "customerCookieId": visitor(88), "eventName": "page_viewed",
        "createdDate": server.clock.text(-60_000),
        "page": {
            "url": "https://shop.example.com/a?utm_source=s&utm_medium=m&utm_campaign=n&utm_term=t\
                    &utm_content=c&gclid=g&q=w#f",
            "title": "A", "keywords": "k", "lang": "en",
        },
        "searchQuery": "w", "userAgentString": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
        "browser": { "family": "Firefox", "version": "140.0", "lang": "en" },
        "device": {
            "category": "desktop", "type": "Other", "isMobile": false, "screenHeight": 1,
            "screenWidth": 2, "screenDensity": 3, "fingerprint": "f", "osFamily": "Linux",
            "osVersion": "6", "manufacturer": "m",
        },
        "ipAddress": "192.0.2.1", "referrerUrl": "https://www.google.com/search?q=shoes",
        "geolocation": {
            "country": "GB", "countryName": "United Kingdom", "latitude": 51.5, "longitude": -0.1,
            "locality": "London", "postalCode": "N1", "region": "ENG", "regionName": "England",
            "source": "GeoIP", "timezone": "Europe/London",
        },
        "attributes": { "price": 12.5 }, "traits": { "email": "ann@example.com" },
        "externalId": "e",
    });
    let mut later = record.clone();
    later["createdDate"] = json!(server.clock.text(-50_000));
    let body = format!("{record}\n{later}");
    let imported = client.send(Request::new("POST", IMPORTS).body(body)).with(200);
    assert_eq!(imported["applied"], 2, "{imported}");
    let path = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(88));
    let assigned = client.get(&path).with(200);
    let entities = assigned["entities"].as_array().expect("entities");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let web = entities.iter().find_map(|entity| text(&entity["session"]["id"]));
    let contact = text(&entities[0]["externalContact"]["id"]);
    let mut screen = app_event(&server.clock.text(0));
    screen["customerCookieId"] = json!(visitor(89));
    screen["traits"] = json!({ "email": { "dataType": "string", "value": "ann@example.com" } });
    let app = client.post(&crate::harness::app_events(), &screen).with(200);
    Visits {
        web: web.expect("a session"),
        app: text(&app["session"]["id"]).expect("a session"),
        contact: contact.expect("a contact"),
    }
}

fn get(client: &TestClient<'_>, operation: &'static str, path: &str, all: &mut Vec<Example>) {
    let answer = client.get(path).with(200);
    let (method, path) = ("GET".to_owned(), path.to_owned());
    all.push(Example { operation, method, path, body: Value::Null, answer });
}

fn reads(client: &TestClient<'_>, visits: &Visits, all: &mut Vec<Example>) {
    let listed = client.get(&format!("{SEGMENTS}?sortBy=-createdDate")).with(200);
    let of_segment = |entity: &Value| entity["externalSegment"].is_object();
    let entities = listed["entities"].as_array().expect("entities");
    let full = entities.iter().find(|entity| of_segment(entity)).expect("a full segment");
    let id = full["id"].as_str().expect("an id");
    get(client, "get_journey_segment", &format!("{SEGMENTS}/{id}"), all);
    for page in ["pageSize=2&pageNumber=2", "pageSize=200"] {
        get(client, "get_journey_segments", &format!("{SEGMENTS}?{page}"), all);
    }
    let targets = "/api/v2/journey/actiontargets";
    let page = client.get(targets).with(200);
    for target in page["entities"].as_array().expect("entities") {
        let id = target["id"].as_str().expect("an id");
        get(client, "get_journey_actiontarget", &format!("{targets}/{id}"), all);
    }
    for page in ["pageSize=1&pageNumber=2", "pageSize=200", "pageSize=1"] {
        get(client, "get_journey_actiontargets", &format!("{targets}?{page}"), all);
    }
    for session in [&visits.web, &visits.app] {
        let path = format!("/api/v2/journey/sessions/{session}");
        get(client, "get_journey_session", &path, all);
        get(client, "get_journey_session_events", &format!("{path}/events"), all);
        get(client, "get_journey_session_segments", &format!("{path}/segments"), all);
    }
    let path = format!("/api/v2/journey/sessions/{}", visits.web);
    cursor_pages(client, "get_journey_session_events", &format!("{path}/events"), all);
    cursor_pages(client, "get_journey_session_segments", &format!("{path}/segments"), all);
    let customer = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(88));
    cursor_pages(client, "get_journey_customer_customer_id_segments", &customer, all);
    let query = json!({
        "interval": "2026-11-01T00:00:00Z/P60D", "granularity": "P1D",
        "metrics": ["nJourneySessions", "nJourneySegmentsAssigned"], "groupBy": ["journeySegmentId"],
        "views": [{
            "target": "nJourneySessions", "name": "few", "function": "rangeBound",
            "range": { "gte": 0, "lt": 5 },
        }],
    });
    let answer = client.post(AGGREGATES, &query).with(200);
    let operation = "post_analytics_journeys_aggregates_query";
    let (method, path) = ("POST".to_owned(), AGGREGATES.to_owned());
    all.push(Example { operation, method, path, body: Value::Null, answer });
}

/// A list from its beginning to its end, one entity a page.
fn cursor_pages(
    client: &TestClient<'_>,
    operation: &'static str,
    path: &str,
    all: &mut Vec<Example>,
) {
    let mut next = Some(format!("{path}?pageSize=1"));
    while let Some(path) = next.take() {
        get(client, operation, &path, all);
        let answer = &all.last().expect("an example").answer;
        next = answer["nextUri"].as_str().map(str::to_owned);
    }
}

/// An aggregates job from its beginning to its end.
fn jobs(client: &TestClient<'_>, all: &mut Vec<Example>) {
    let query = json!({
        "interval": "2026-11-01T00:00:00Z/P60D", "granularity": "P1D",
        "metrics": ["nJourneySessions", "nJourneySegmentsAssigned"], "groupBy": ["journeySegmentId"],
        "views": [{
            "target": "nJourneySessions", "name": "few", "function": "rangeBound",
            "range": { "gte": 0, "lt": 5 },
        }],
        "pageSize": 1,
    });
    let jobs = "/api/v2/analytics/journeys/aggregates/jobs";
    let submitted = client.post(jobs, &query).with(202);
    let path = format!("{jobs}/{}", text(&submitted["jobId"]));
    wait_until("the job has ended", || client.get(&path).status == 200);
    get(client, "get_analytics_journeys_aggregates_job", &path, all);
    let name = "get_analytics_journeys_aggregates_job_results";
    get(client, name, &format!("{path}/results"), all);
    let cursor = text(&all.last().expect("an example").answer["cursor"]).to_owned();
    get(client, name, &format!("{path}/results?cursor={cursor}"), all);
    let other = client.post(jobs, &query).with(202);
    let path = format!("{jobs}/{}", text(&other["jobId"]));
    client.delete(&path).with(204);
    all.push(Example {
        operation: "delete_analytics_journeys_aggregates_job",
        method: "DELETE".to_owned(),
        path,
        body: Value::Null,
        answer: Value::Null,
    });
}

/// What is told when a session is over.
fn ended(client: &TestClient<'_>, visits: &Visits, all: &mut Vec<Example>) {
    for session in [&visits.web, &visits.app] {
        let path = format!("/api/v2/journey/sessions/{session}");
        get(client, "get_journey_session", &path, all);
        get(client, "get_journey_session_segments", &format!("{path}/segments"), all);
    }
    let customer = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(88));
    get(client, "get_journey_customer_customer_id_segments", &customer, all);
    let sessions = format!("/api/v2/externalcontacts/contacts/{}/journey/sessions", visits.contact);
    get(client, "get_externalcontacts_contact_journey_sessions", &sessions, all);
}

fn contacts(client: &TestClient<'_>, visits: &Visits, all: &mut Vec<Example>) {
    let segment = client.create_segment(&customer_segment("by hand", "nowhere", 9));
    let old = format!("/api/v2/journey/externalcontacts/{}/segments", visits.contact);
    let assign = json!([{ "segmentId": segment, "state": "Assigned" }]);
    client.post(&old, &assign).with(204);
    let unassign = json!([{ "segmentId": segment, "state": "Unassigned" }]);
    client.post(&old, &unassign).with(204);
    cursor_pages(client, "get_journey_externalcontact_segments", &old, all);
    let contact = format!("/api/v2/externalcontacts/contacts/{}/journey", visits.contact);
    let path = format!("{contact}/segments");
    let one = json!({ "segments": [{ "id": segment }] });
    let of = |id: &str| json!({ "segments": [{ "id": id }] });
    let unknown = json!({
        "assign": of("a5a5a5a5-0000-4000-8000-00000000abcd"),
        "unassign": of("a5a5a5a5-0000-4000-8000-00000000abce"),
    });
    for body in [json!({ "assign": one }), unknown] {
        let answer = client.post(&path, &body).with(200);
        all.push(Example {
            operation: "post_externalcontacts_contact_journey_segments",
            method: "POST".to_owned(),
            path: path.clone(),
            body,
            answer,
        });
    }
    get(client, "get_externalcontacts_contact_journey_segments", &path, all);
    let sessions = format!("{contact}/sessions");
    cursor_pages(client, "get_externalcontacts_contact_journey_sessions", &sessions, all);
}
