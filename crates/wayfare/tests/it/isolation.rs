//! Organisations never see each other: what is the other's is not there.

use std::path::Path;

use serde_json::{Value, json};
use wayfare_app::access::organisations::FirstKeys;
use wayfare_http::router::{self, Route};
use wayfare_store::documents::Kind;

use crate::harness::{
    AGGREGATES, Answer, IMPORTS, Request, SEGMENTS, TestClient, TestServer, Transport, aggregates,
    page_segment, page_view, screen_view, text, visitor, wait_until,
};

const DAY: &str = "2026-11-22T00:00:00Z/P1D";
/// The id of an action target that each organisation imports.
const IMPORTED: &str = "7a96e750-0000-4000-8000-000000000001";
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
    backtest: String,
    deletion: String,
    webhook: String,
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
        backtest: backtest(client),
        deletion: deletion(client, number),
        webhook: make("webhooks", json!({ "url": format!("https://{number}.example/hook") })),
    }
}

/// A deletion of a customer whom nobody knows.
fn deletion(client: &TestClient<'_>, number: u32) -> String {
    let path = format!("/api/wayfare/v1/customers/cookie/{}", visitor(number + 50));
    text(&client.delete(&path).with(200)["id"]).to_owned()
}

/// A job whose results can be read.
fn finished_job(client: &TestClient<'_>) -> String {
    let jobs = "/api/v2/analytics/journeys/aggregates/jobs";
    let query = aggregates(DAY, "nJourneySessions", &[]);
    let id = text(&client.post(jobs, &query).with(202)["jobId"]).to_owned();
    let path = format!("{jobs}/{id}");
    wait_until("the job has ended", || client.get(&path).status == 200);
    id
}

fn backtest(client: &TestClient<'_>) -> String {
    let body = json!({ "segment": page_segment("draft", "x", 1), "interval": DAY });
    let path = "/api/wayfare/v1/segments/backtest";
    let id = text(&client.post(path, &body).with(202)["id"]).to_owned();
    let path = format!("{path}/{id}");
    wait_until("the back-test has ended", || client.get(&path).json["state"] == "fulfilled");
    id
}

/// The path of a route with these ids in its places.
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
        .replace("{backtestId}", &ids.backtest)
        .replace("{deletionId}", &ids.deletion)
        .replace("{webhookId}", &ids.webhook)
}

/// Ids of the same form that nobody has.
fn nobody() -> Belongings {
    let id = |number: u32| format!("a5a5a5a5-0000-4000-8000-0000000fff{number:02}");
    Belongings {
        segment: id(1),
        target: id(2),
        session: id(3),
        contact: id(4),
        customer: id(5),
        client: id(6),
        deployment: id(7),
        role: id(8),
        user: id(9),
        job: id(10),
        backtest: id(11),
        deletion: id(12),
        webhook: id(13),
    }
}

impl Belongings {
    fn all(&self) -> [&str; 13] {
        [
            &self.segment,
            &self.target,
            &self.session,
            &self.contact,
            &self.customer,
            &self.client,
            &self.deployment,
            &self.role,
            &self.user,
            &self.job,
            &self.backtest,
            &self.deletion,
            &self.webhook,
        ]
    }
}

/// A body that names these ids wherever the operation takes some. Every operation that is served has
/// to be here.
fn body(route: &Route, ids: &Belongings, now: &str) -> Option<Value> {
    let filter = |dimension: &str, id: &str| json!({ "dimension": dimension, "value": id });
    let mut query = aggregates(DAY, "nJourneySessions", &["journeySessionId"]);
    query["filter"] = json!({ "type": "or", "predicates": [
        filter("journeySegmentId", &ids.segment),
        filter("journeySessionId", &ids.session),
        filter("journeyCustomerId", &ids.customer),
    ] });
    Some(match route.name {
        name if name.starts_with("get_")
            || name.starts_with("list_")
            || name.starts_with("delete_")
            || name.starts_with("explain_")
            || ["cancel_backtest", "count_segments", "revoke_client"].contains(&name) =>
        {
            return None;
        }
        "post_journey_segments" | "create_deployment" => {
            json!({ "displayName": "Same", "name": "Same" })
        }
        "patch_journey_segment" => json!({ "displayName": "Taken" }),
        "patch_journey_actiontarget" | "change_action_target" => json!({ "name": "Taken" }),
        "create_action_target" => json!({ "name": "Same" }),
        "import_action_targets" => json!([{ "name": "Imported", "id": IMPORTED }]),
        "post_journey_externalcontact_segments" => {
            json!([{ "segmentId": ids.segment, "state": "Assigned" }])
        }
        "post_externalcontacts_contact_journey_segments" => {
            let segments = json!({ "segments": [{ "id": ids.segment }] });
            json!({ "assign": segments })
        }
        "post_journey_deployment_webevents" => page_view(&visitor(99), "https://x.example/", now),
        "post_journey_deployment_appevents" => screen_view(&visitor(99), "Home", now),
        "import" => {
            let mut record = page_view(&visitor(98), "https://x.example/", now);
            record["sessionId"] = json!("5e551050-0000-4000-8000-000000000098");
            record
        }
        "create_backtest" => {
            json!({ "segment": page_segment("draft", "x", 1), "interval": DAY })
        }
        "create_webhook" => json!({ "url": "https://same.example/hook" }),
        "update_webhook" => json!({ "enabled": false }),
        "replay_webhook" | "test_webhook" | "exchange_webhook_secret" => json!({}),
        "unmerge_contact" => json!({}),
        "post_analytics_journeys_aggregates_query" | "post_analytics_journeys_aggregates_jobs" => {
            query
        }
        "create_client" => json!({ "name": "Same", "permissions": ["journey:segment:view"] }),
        "create_role" => json!({ "name": "Same", "permissions": ["journey:segment:view"] }),
        "create_user" => {
            let name = format!("{}@x.example", ids.user);
            json!({ "name": name, "password": "correct horse battery", "roles": [ids.role] })
        }
        "update_user" => json!({ "roles": [ids.role] }),
        other => panic!("{other} is not tried across organisations"),
    })
}

/// What is served to every organisation and has an end. Backups are of all of them together
/// (`backups.rs`), and a live feed goes on (`live.rs`).
fn served() -> Vec<Route> {
    let others = ["/api/wayfare/v1/backups", "/api/wayfare/v1/live"];
    let is_theirs = |route: &Route| !others.iter().any(|path| route.path.starts_with(path));
    router::served().into_iter().filter(is_theirs).collect()
}

fn send(client: &TestClient<'_>, route: &Route, ids: &Belongings, now: &str) -> Answer {
    let body = body(route, ids, now).map_or(String::new(), |body| body.to_string());
    client.send_text(route.method, &path(route, ids), &body)
}

/// An answer without what differs from one to the next: the correlation, and the ids that were asked
/// for.
fn comparable(answer: &Answer, ids: &Belongings) -> String {
    let mut json = answer.json.clone();
    if json["contextId"].is_string() {
        json["contextId"] = Value::Null;
    }
    if route_makes_ids(&json) {
        json = Value::Null;
    }
    let mut text = format!("{} {json}", answer.status);
    for (place, id) in ids.all().into_iter().enumerate() {
        text = text.replace(id, &format!("#{place}"));
    }
    text
}

/// Whether an answer is about something new, with an id that nobody asked for.
fn route_makes_ids(json: &Value) -> bool {
    let is_deletion = text(&json["selfUri"]).contains("/customerdeletions/");
    json["jobId"].is_string() || json["submittedDate"].is_string() || is_deletion
}

/// What an organisation shows of itself: everything that it can be asked for with its own ids.
fn shown(client: &TestClient<'_>, ids: &Belongings) -> String {
    let mut text = String::new();
    for route in served().into_iter().filter(|route| route.method == "GET") {
        let answer = client.send_text("GET", &path(&route, ids), "");
        assert_eq!(answer.status, 200, "{}: {}", route.name, answer.json);
        text += &format!("{} {}\n", route.name, answer.json);
    }
    text
}

#[test]
fn what_the_other_has_is_as_what_nobody_has() {
    let server = TestServer::start();
    let now = server.clock.text(0);
    let (one, other) = (server.client(), server.client_of(&server.create_organisation("other")));
    let deployments = other.get("/api/wayfare/v1/deployments").with(200);
    let deployment = text(&deployments["entities"][0]["id"]);
    let first = fill(&one, crate::harness::DEPLOYMENT_ID, 1, &now);
    let second = fill(&other, deployment, 2, &now);
    for (client, foreign, owner) in [(&one, &second, &other), (&other, &first, &one)] {
        let before = shown(owner, foreign);
        for route in served() {
            // Where events are sent to is no secret, and whoever knows it may send there.
            if route.path.contains("{deploymentId}") {
                body(&route, foreign, &now);
                continue;
            }
            let theirs = send(client, &route, foreign, &now);
            let nobodys = send(client, &route, &nobody(), &now);
            let has_ids = route.path.contains('{')
                || ["post_analytics_journeys_aggregates_query", "create_user"]
                    .contains(&route.name);
            if has_ids {
                assert_eq!(
                    comparable(&theirs, foreign),
                    comparable(&nobodys, &nobody()),
                    "{}",
                    route.name
                );
            }
            // Whom nobody knows is deleted as well: imported facts may name anybody.
            let is_known = route.path.contains('{')
                && !route.name.starts_with("post_externalcontacts_")
                && route.name != "delete_customer";
            if is_known {
                assert_eq!(theirs.status, 404, "{}: {}", route.name, theirs.json);
            }
            if !has_ids {
                let answer = theirs.json.to_string();
                let leaked: Vec<&str> =
                    foreign.all().into_iter().filter(|id| answer.contains(*id)).collect();
                assert!(leaked.is_empty(), "{} tells {leaked:?}: {answer}", route.name);
            }
        }
        assert_eq!(shown(owner, foreign), before, "something of the other was touched");
    }
}

/// The same ids and the same names in two organisations; only a mark tells which is whose.
fn twins(directory: &Path) -> (TestServer, [FirstKeys; 2], Belongings) {
    let server = TestServer::open(directory);
    let keys = [server.keys.clone(), server.create_organisation("other")];
    let organisation = server.app.first_organisation().expect("an organisation");
    let one = server.client();
    let segment =
        one.create_segment(&json!({ "displayName": "Same", "description": "mark of one" }));
    let target = json!({ "name": "Same", "description": "mark of one" });
    let target =
        text(&one.post("/api/wayfare/v1/actiontargets", &target).with(201)["id"]).to_owned();
    // No API gives out an id twice, so the rows are copied. The other organisation is the one whose
    // deployment is not the first's.
    let documents = &server.stores.documents;
    let located = server.run(documents.locate(Kind::Client, keys[1].client.as_uuid()));
    let (other, _) = located.expect("the store").expect("the other's client");
    for (kind, id) in [(Kind::Segment, &segment), (Kind::ActionTarget, &target)] {
        let id = id.parse().expect("a UUID");
        let found = server.run(documents.fetch(organisation, kind, id)).expect("the store");
        let mut copy = found.expect("the row");
        copy.body = copy.body.replace("mark of one", "mark of two");
        server.run(documents.insert(other, kind, copy)).expect("a copy");
    }
    server.close();
    let server = TestServer::open(directory);
    let (session, contact) =
        ("5e551050-0000-4000-8000-000000000007", "c0117ac7-0000-4000-8000-000000000007");
    for (keys, mark) in keys.iter().zip(["mark of one", "mark of two"]) {
        let client = server.client_of(keys);
        let mut record = page_view(&visitor(7), "https://x.example/", "2026-11-22T08:59:00Z");
        record["page"]["title"] = json!(mark);
        record["sessionId"] = json!(session);
        record["traits"] = json!({ "email": { "dataType": "string", "value": "7@x.example" } });
        client.send(Request::new("POST", IMPORTS).body(record.to_string())).with(200);
        let body = json!([{ "segmentId": segment, "state": "Assigned" }]);
        client
            .post(&format!("/api/v2/journey/externalcontacts/{contact}/segments"), &body)
            .with(204);
    }
    let ids = Belongings {
        segment,
        target,
        session: session.to_owned(),
        contact: contact.to_owned(),
        customer: visitor(7),
        ..nobody()
    };
    (server, keys, ids)
}

#[test]
fn two_organisations_with_the_same_ids_see_each_their_own() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (server, keys, ids) = twins(directory.path());
    let now = server.clock.text(0);
    let clients = [server.client_of(&keys[0]), server.client_of(&keys[1])];
    let marks = ["mark of one", "mark of two"];
    let reads: Vec<Route> = served().into_iter().filter(|route| route.method == "GET").collect();
    for (place, client) in clients.iter().enumerate() {
        let mut told = 0;
        for route in &reads {
            let answer = send(client, route, &ids, &now).json.to_string();
            assert!(!answer.contains(marks[1 - place]), "{}: {answer}", route.name);
            told += usize::from(answer.contains(marks[place]));
        }
        // Segments and targets, one and all, versions, the session and its events.
        assert!(told >= 6, "{told}");
        let counted = aggregates(DAY, "nJourneySessions", &["journeySessionId"]);
        assert_eq!(client.count_by(&counted), [(ids.session.clone(), 1)]);
    }
    // What one changes and deletes is its own.
    let untouched = |client: &TestClient<'_>| -> Vec<Value> {
        reads.iter().map(|route| send(client, route, &ids, &now).json["entities"].clone()).collect()
    };
    let before = untouched(&clients[1]);
    let patch = json!({ "displayName": "Changed", "version": 1 });
    clients[0].patch(&format!("{SEGMENTS}/{}", ids.segment), &patch).with(200);
    clients[0].delete(&format!("{SEGMENTS}/{}", ids.segment)).with(204);
    let gone = json!({ "state": "deleted" });
    clients[0].patch(&format!("/api/wayfare/v1/actiontargets/{}", ids.target), &gone).with(200);
    assert_eq!(untouched(&clients[1]), before);
    let held = format!("/api/v2/externalcontacts/contacts/{}/journey/segments", ids.contact);
    let count = |client: &TestClient<'_>| client.walk(&held).len();
    assert_eq!((count(&clients[0]), count(&clients[1])), (0, 1));
}

#[test]
fn a_cursor_of_the_other_is_no_cursor() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let (server, keys, ids) = twins(directory.path());
    let clients = [server.client_of(&keys[0]), server.client_of(&keys[1])];
    for client in &clients {
        for number in 0..3 {
            let segment = client.create_segment(&json!({ "displayName": format!("s{number}") }));
            let body = json!([{ "segmentId": segment, "state": "Assigned" }]);
            let path = format!("/api/v2/journey/externalcontacts/{}/segments", ids.contact);
            client.post(&path, &body).with(204);
            client.post("/api/wayfare/v1/actiontargets", &json!({ "name": "t" })).with(201);
        }
        let mut record = page_view(&visitor(7), "https://x.example/2", "2026-11-22T08:59:30Z");
        record["sessionId"] = json!(ids.session);
        client.send(Request::new("POST", IMPORTS).body(record.to_string())).with(200);
    }
    for list in [
        SEGMENTS.to_owned(),
        TARGETS.to_owned(),
        format!("/api/v2/journey/externalcontacts/{}/segments", ids.contact),
        format!("/api/v2/journey/sessions/{}/events", ids.session),
    ] {
        let next = clients[0].get(&format!("{list}?pageSize=1")).with(200)["nextUri"].clone();
        clients[0].get(text(&next)).with(200);
        let refused = clients[1].get(text(&next));
        assert_eq!(refused.faults(), "bad.request after\n", "{list}");
    }
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
