//! Organisations never see each other: what is the other's is not there.

use serde_json::{Value, json};
use wayfare_http::router::{Route, served};

use crate::harness::{
    AGGREGATES, IMPORTS, Request, SEGMENTS, TestClient, TestServer, Transport, aggregates,
    page_segment, page_view, text, visitor, wait_until,
};

const DAY: &str = "2026-11-22T00:00:00Z/P1D";
const TARGETS: &str = "/api/v2/journey/actiontargets";

/// The ids of everything that one organisation has.
struct Belongings {
    segment: String,
    target: String,
    session: String,
    contact: String,
    customer: String,
    client: String,
    deployment: String,
    role: String,
    user: String,
    job: String,
}

/// Fills an organisation with one thing of each kind.
fn fill(client: &TestClient<'_>, deployment: &str, number: u32, now: &str) -> Belongings {
    let segment = client.create_segment(&page_segment(&format!("Of {number}"), "x.example", 1));
    let targets = client.get(TARGETS).with(200);
    let mut event = page_view(&visitor(number), "https://x.example/", now);
    let email = format!("{number}@x.example");
    event["traits"] = json!({ "email": { "dataType": "string", "value": email } });
    let path = format!("/api/v2/journey/deployments/{deployment}/webevents");
    let recorded = client.post(&path, &event).with(200);
    let session = text(&recorded["session"]["id"]).to_owned();
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    let make = |kind: &str, body: Value| {
        let made = client.post(&format!("/api/wayfare/v1/{kind}"), &body).with(201);
        text(&made["id"]).to_owned()
    };
    let role = make("roles", json!({ "name": "readers", "permissions": ["journey:*:view"] }));
    let user = json!({
        "name": format!("{number}@x.example"), "password": "correct horse battery", "roles": [role],
    });
    Belongings {
        segment,
        target: text(&targets["entities"][0]["id"]).to_owned(),
        session,
        contact: text(&shown["externalContact"]["id"]).to_owned(),
        customer: visitor(number),
        client: make("clients", json!({ "name": "another", "permissions": ["*"] })),
        deployment: deployment.to_owned(),
        user: make("users", user),
        role,
        job: finished_job(client),
    }
}

/// The path of a route with these ids in its places.
/// A job whose results can be read.
fn finished_job(client: &TestClient<'_>) -> String {
    let jobs = "/api/v2/analytics/journeys/aggregates/jobs";
    let query = aggregates(DAY, "nJourneySessions", &[]);
    let id = text(&client.post(jobs, &query).with(202)["jobId"]).to_owned();
    let path = format!("{jobs}/{id}");
    wait_until("the job has ended", || client.get(&path).status == 200);
    id
}

fn path(route: &Route, ids: &Belongings) -> String {
    route
        .path
        .replace("{segmentId}", &ids.segment)
        .replace("{actionTargetId}", &ids.target)
        .replace("{sessionId}", &ids.session)
        .replace("{externalContactId}", &ids.contact)
        .replace("{customerIdType}", "cookie")
        .replace("{customerId}", &ids.customer)
        .replace("{clientId}", &ids.client)
        .replace("{deploymentId}", &ids.deployment)
        .replace("{contactId}", &ids.contact)
        .replace("{roleId}", &ids.role)
        .replace("{userId}", &ids.user)
        .replace("{jobId}", &ids.job)
}

#[test]
fn the_others_ids_lead_nowhere() {
    let server = TestServer::start();
    let now = server.clock.text(0);
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let deployments = other.get("/api/wayfare/v1/deployments").with(200);
    let deployment = text(&deployments["entities"][0]["id"]);
    let first = fill(&one, crate::harness::DEPLOYMENT_ID, 1, &now);
    let second = fill(&other, deployment, 2, &now);
    let mut tried = Vec::new();
    for (client, own, foreign) in [(&one, &first, &second), (&other, &second, &first)] {
        for route in served().into_iter().filter(|route| route.path.contains('{')) {
            // Sending events to any deployment is everybody's right; that is tried below. A contact
            // exists as soon as somebody names its id; what is assigned to it stays apart.
            if route.name.starts_with("post_") {
                continue;
            }
            if route.method == "GET" {
                let own = client.send_text("GET", &path(&route, own), "");
                assert_eq!(own.status, 200, "{}: {}", route.name, own.json);
            }
            let answer = client.send_text(route.method, &path(&route, foreign), "{}");
            assert_eq!(answer.status, 404, "{}: {}", route.name, answer.json);
            tried.push(route.name);
        }
    }
    assert!(tried.len() >= 20, "{tried:?}");
    // Nothing of the first was touched.
    one.get(&format!("{SEGMENTS}/{}", first.segment)).with(200);
    one.delete(&format!("/api/wayfare/v1/clients/{}", first.client)).with(204);
}

#[test]
fn lists_and_counts_hold_nothing_of_the_other() {
    let server = TestServer::start();
    let now = server.clock.text(0);
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let ids = fill(&one, crate::harness::DEPLOYMENT_ID, 1, &now);
    for (path, own) in [
        (SEGMENTS.to_owned(), 0),
        (TARGETS.to_owned(), 1),
        ("/api/wayfare/v1/clients".to_owned(), 1),
        ("/api/wayfare/v1/deployments".to_owned(), 1),
        ("/api/wayfare/v1/roles".to_owned(), 0),
        ("/api/wayfare/v1/users".to_owned(), 0),
        ("/api/wayfare/v1/segments/counts".to_owned(), 0),
        (format!("{SEGMENTS}?segmentIds={}", ids.segment), 0),
    ] {
        let listed = other.get(&path).with(200);
        assert_eq!(listed["entities"].as_array().map(Vec::len), Some(own), "{path}: {listed}");
        let text = listed.to_string();
        for id in [&ids.segment, &ids.target, &ids.client] {
            assert!(!text.contains(id.as_str()), "{path}: {text}");
        }
    }
    for metric in ["nJourneySessions", "nJourneySegmentsAssigned", "nDistinctJourneySessions"] {
        let mut query = aggregates(DAY, metric, &["journeySessionId"]);
        assert_eq!(other.count_by(&query), []);
        query["filter"] = json!({
            "type": "and", "predicates": [{ "dimension": "journeySegmentId", "value": ids.segment }],
        });
        assert_eq!(other.post(AGGREGATES, &query).with(200)["results"], json!([]));
    }
}

#[test]
fn the_same_visitor_is_another_customer_elsewhere() {
    let server = TestServer::start();
    let now = server.clock.text(0);
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let deployments = other.get("/api/wayfare/v1/deployments").with(200);
    let deployment = text(&deployments["entities"][0]["id"]);
    let first = fill(&one, crate::harness::DEPLOYMENT_ID, 7, &now);
    let second = fill(&other, deployment, 7, &now);
    assert_ne!(first.session, second.session);
    assert_ne!(first.contact, second.contact);
    for id in ["cookie/c00c1e00-0000-4000-8000-000000000007", "email/7@x.example"] {
        let path = format!("/api/v2/journey/customers/{id}/segments");
        for (client, ids) in [(&one, &first), (&other, &second)] {
            let listed = client.walk(&path);
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0]["segment"]["id"], ids.segment);
        }
    }
}

#[test]
fn one_contact_id_stands_for_two_people_in_two_organisations() {
    let server = TestServer::start();
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let contact = "c0c0c0c0-0000-4000-8000-000000000001";
    let path = format!("/api/v2/journey/externalcontacts/{contact}/segments");
    let segment = one.create_segment(&json!({ "displayName": "Chosen" }));
    let body = json!([{ "segmentId": segment, "state": "Assigned" }]);
    one.post(&path, &body).with(204);
    other.get(&path).error(404, "not.found");
    other.post(&path, &body).error(404, "not.found");
    let own = other.create_segment(&json!({ "displayName": "Chosen" }));
    other.post(&path, &json!([{ "segmentId": own, "state": "Assigned" }])).with(204);
    let listed = |client: &TestClient<'_>| -> Vec<Value> {
        client.walk(&path).iter().map(|entity| entity["segment"]["id"].clone()).collect()
    };
    assert_eq!(listed(&one), [json!(segment)]);
    assert_eq!(listed(&other), [json!(own)]);
}

#[test]
fn an_import_goes_to_the_importers_organisation() {
    let server = TestServer::start();
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let session = "5e551050-0000-4000-8000-000000000001";
    let mut record = page_view(&visitor(1), "https://x.example/", "2026-11-22T08:00:00Z");
    record["sessionId"] = json!(session);
    let request = Request::new("POST", IMPORTS).body(record.to_string());
    assert_eq!(one.send(request.clone()).with(200)["applied"], 1);
    let path = format!("/api/v2/journey/sessions/{session}");
    one.get(&path).with(200);
    other.get(&path).error(404, "not.found");
    // The same line is new to the other organisation, and makes its own session of that name.
    assert_eq!(other.send(request).with(200)["applied"], 1);
    let contact = |client: &TestClient<'_>| {
        text(&client.get(&path).with(200)["externalContact"]["id"]).to_owned()
    };
    assert_ne!(contact(&one), contact(&other));
}

#[test]
fn a_revoked_client_does_not_take_the_others_tokens_along() {
    let server = TestServer::start();
    let keys = server.create_organisation("other");
    let (one, other) = (server.client(), server.client_of(&keys));
    one.delete(&format!("/api/wayfare/v1/clients/{}", keys.client)).error(404, "not.found");
    other.get(SEGMENTS).with(200);
    other.delete(&format!("/api/wayfare/v1/clients/{}", keys.client)).with(204);
    other.get(SEGMENTS).error(401, "bad.credentials");
    one.get(SEGMENTS).with(200);
    let transport: &dyn Transport = &server;
    let again =
        TestClient::anonymous(transport).token_by_basic(&keys.client.to_string(), &keys.secret);
    again.error(401, "bad.credentials");
}
