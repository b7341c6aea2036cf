//! Deleting a customer: nothing that identifies it is left in any file, what is counted stays, and a
//! crash in the middle changes nothing of that.

mod commands;
mod crashes;
mod traces;

use serde_json::{Value, json};
use wayfare_model::time::Moment;
use wayfare_store_embedded::FactInterval;

use self::traces::Traces;
use crate::harness::{
    AGGREGATES, TestClient, TestServer, aggregates, app_events, customer_segment, page_segment,
    page_view, screen_view, text, visitor, wait_until,
};

const NOVEMBER: &str = "2026-11-01T00:00:00Z/2026-12-01T00:00:00Z";
const JOBS: &str = "/api/v2/analytics/journeys/aggregates/jobs";
/// What the deleted person is known by.
const ADDRESS: &str = "ada.lovelace@example.org";
const PHONE: &str = "+13175550123";
const NAME: &str = "Augusta Ada Byron";

fn path(id_type: &str, id: &str) -> String {
    format!("/api/wayfare/v1/customers/{id_type}/{}", id.replace('+', "%2B"))
}

/// A page view with traits.
fn view(server: &TestServer, number: u32, traits: &[(&str, &str)]) -> Value {
    let url = format!("https://shop.example/{number}");
    let mut event = page_view(&visitor(number), &url, &server.clock.text(0));
    for (name, value) in traits {
        event["traits"][*name] = json!({ "dataType": "string", "value": value });
    }
    event
}

/// Lets facts go into files.
fn ship(server: &TestServer) {
    server.clock.advance_ms(1);
    server.run(server.stores.facts.maintain(server.app.now())).expect("maintenance");
}

/// A day of visitor 1, who is the person with the address, and of others; facts lie in merged files,
/// in files, and in the database.
fn live_through(server: &TestServer) {
    let client = server.client();
    client.create_segment(&page_segment("Visitors", "shop", 1));
    client.create_segment(&customer_segment("Three", "shop", 3));
    for round in 0..12 {
        for number in 1..4 {
            let traits: &[(&str, &str)] = match (number, round % 3) {
                (1, 0) => &[("email", ADDRESS), ("givenName", NAME)],
                (1, 1) => &[("phone", PHONE)],
                _ => &[],
            };
            client.record(&view(server, number, traits));
            let screen = screen_view(&visitor(number), "Home", &server.clock.text(0));
            client.post(&app_events(), &screen).with(200);
        }
        server.clock.advance_minutes(30);
        if round < 10 {
            ship(server);
        }
    }
}

/// Everything that aggregates tell without naming anybody.
fn counted(client: &TestClient<'_>) -> Vec<Vec<(String, u64)>> {
    let state = "journeySegmentAssignmentState";
    let queries = [
        ("nJourneySessions", vec![]),
        ("nJourneySessions", vec!["journeySessionType", "journeyCustomerIdType"]),
        ("nJourneySessions", vec!["journeySessionSegmentId"]),
        ("nDistinctJourneySessions", vec![]),
        ("nJourneySegmentsAssigned", vec!["journeySegmentId", "journeySegmentScope", state]),
    ];
    queries.iter().map(|(m, by)| client.count_by(&aggregates(NOVEMBER, m, by))).collect()
}

/// Counts of sessions by customer.
fn by_customer(client: &TestClient<'_>) -> Vec<(String, u64)> {
    client.count_by(&aggregates(NOVEMBER, "nJourneySessions", &["journeyCustomerId"]))
}

/// Everything of visitor 1 and its person that must not be found.
fn traces() -> Traces {
    Traces::of(&[&visitor(1), ADDRESS, PHONE, "13175550123", NAME])
}

/// An aggregates job whose results name customers, one whose query does, and a harmless one.
fn finished_jobs(client: &TestClient<'_>) -> [String; 3] {
    let by_customer_job = aggregates(NOVEMBER, "nJourneySessions", &["journeyCustomerId"]);
    let mut of_customer_job = aggregates(NOVEMBER, "nJourneySessions", &[]);
    of_customer_job["filter"] = json!({ "type": "and", "predicates": [
        { "dimension": "journeyCustomerId", "value": visitor(1) },
    ] });
    let harmless_job = aggregates(NOVEMBER, "nJourneySessions", &[]);
    [&by_customer_job, &of_customer_job, &harmless_job].map(|query| {
        let id = text(&client.post(JOBS, query).with(202)["jobId"]).to_owned();
        let job = format!("{JOBS}/{id}");
        wait_until("the job's end", || client.get(&job).status == 200);
        job
    })
}

/// What was exported comes back as imported facts, whose files have another origin.
fn export_and_import(server: &TestServer) {
    let organisation = server.app.first_organisation().expect("an organisation");
    let elsewhere = tempfile::tempdir().expect("a temporary directory");
    let exported = elsewhere.path().join("facts.parquet");
    let file = std::fs::File::create(&exported).expect("a file");
    let moment = |text: &str| Moment::parse(text).expect("a moment");
    let interval = FactInterval { from: moment("2026-11-01"), to: moment("2026-12-01") };
    let told = || std::sync::Arc::new(|_: u64| {});
    server.run(server.store().export_facts(organisation, interval, file, told())).expect("done");
    let now = server.app.now();
    server.run(server.store().import_facts(organisation, exported, now, told())).expect("done");
}

/// The ids of the 24 sessions of visitor 1, and of their events.
fn ids_of_visitor(client: &TestClient<'_>) -> Traces {
    let listed = format!("/api/v2/journey/customers/cookie/{}/segments", visitor(1));
    let contact = text(&client.walk(&listed)[0]["externalContact"]["id"]).to_owned();
    let of_contact = format!("/api/v2/externalcontacts/contacts/{contact}/journey/sessions");
    let mut ids: Vec<String> =
        client.walk(&of_contact).iter().map(|one| text(&one["id"]).to_owned()).collect();
    assert_eq!(ids.len(), 24);
    for session in ids.clone() {
        let happened = client.walk(&format!("/api/v2/journey/sessions/{session}/events"));
        ids.extend(happened.iter().map(|one| text(&one["id"]).to_owned()));
    }
    assert!(ids.len() >= 60, "{}", ids.len());
    Traces::of(&ids.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn nothing_of_a_deleted_customer_is_left_in_any_file() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open_shipping(own.path(), |_| {});
    live_through(&server);
    let client = server.client();
    let jobs = finished_jobs(&client);
    export_and_import(&server);
    let ids = ids_of_visitor(&client);

    let before = counted(&client);
    assert_eq!(before[0][0].1 % 2, 0, "each fact is there twice");
    let named = by_customer(&client);
    assert_eq!(named.len(), 3);
    let found = traces().found_in(own.path());
    for part in ["journey.sqlite", ".arrow"] {
        assert!(found.iter().any(|found| found.contains(part)), "{part}: {found:?}");
    }

    let receipt = client.delete(&path("cookie", &visitor(1))).with(200);
    assert_eq!(receipt["state"], "Done");
    let removed = &receipt["removed"];
    let counts = ["events", "sessions", "visitors", "identifiers", "contacts"];
    assert_eq!(counts.map(|kind| removed[kind].as_u64()), [24, 24, 1, 3, 1].map(Some));
    assert!(removed["assignments"].as_u64() > Some(12), "{removed}");
    assert!(removed["facts"].as_u64() > Some(70), "{removed}");
    assert!(removed["factFiles"].as_u64() > Some(2), "{removed}");
    assert_eq!(removed["documents"], 4);
    assert!(removed["changes"].as_u64() > Some(24), "{removed}");
    assert_eq!(traces().found_in(own.path()), [""; 0]);
    assert_eq!(ids.found_in(own.path()), [""; 0]);
    let statuses = jobs.map(|job| client.get(&job).status);
    assert_eq!(statuses, [404, 404, 200]);
    assert_eq!(counted(&client), before);
    let left: Vec<_> = named.iter().filter(|(id, _)| *id != visitor(1)).cloned().collect();
    let unnamed = by_customer(&client);
    assert!(left.iter().all(|one| unnamed.contains(one)), "{unnamed:?}");
    assert_eq!(unnamed.iter().map(|(_, count)| count).sum::<u64>(), before[0][0].1);
    for (id_type, id) in [("cookie", visitor(1)), ("email", ADDRESS.to_owned())] {
        let listed = format!("/api/v2/journey/customers/{id_type}/{id}/segments");
        client.get(&listed).error(404, "not.found");
    }
    ship(&server);
    assert_eq!(counted(&client), before);
    let organisation = server.app.first_organisation().expect("an organisation");
    let verified = server.run(server.store().verify_facts(organisation)).expect("a check");
    assert!(verified.is_sound(), "{verified:?}");
    // What is made anew counts the deleted customer, too, and knows it no more.
    let source = server.app.id_source(organisation).expect("an organisation");
    let rebuilding =
        server.store().rebuild_facts(organisation, source, std::sync::Arc::new(|_| {}));
    let rebuilt = server.run(rebuilding).expect("facts");
    assert!(rebuilt.kept >= 24 && rebuilt.facts > 0, "{rebuilt:?}");
    assert_eq!(counted(&client), before);
    server.close();
    assert_eq!(traces().found_in(own.path()), [""; 0]);

    let server = TestServer::open_shipping(own.path(), |_| {});
    server.clock.advance_days(1);
    let client = server.client();
    assert_eq!(counted(&client), before);
    assert_eq!(traces().found_in(own.path()), [""; 0]);
    // Whoever comes again begins anew, with the same cookie and the same content.
    let session = client.record(&view(&server, 1, &[("email", ADDRESS)]));
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    assert_eq!(shown["eventCount"], 1);
    let happened = client.walk(&format!("/api/v2/journey/sessions/{session}/events"));
    assert_eq!(happened[0]["webEvent"]["totalEventCount"], 1);
    server.close();
}

#[test]
fn a_deletion_can_be_asked_for_again() {
    let server = TestServer::start();
    let client = server.client();
    client.record(&view(&server, 1, &[]));
    let first = client.delete(&path("cookie", &visitor(1).to_uppercase())).with(200);
    assert_eq!((&first["state"], &first["removed"]["events"]), (&json!("Done"), &json!(1)));
    assert_eq!(first["dateRequested"], server.clock.text(0));
    assert_eq!(client.get(text(&first["selfUri"])).with(200), first);
    let again = client.delete(&path("cookie", &visitor(1))).with(200);
    assert_ne!(again["id"], first["id"]);
    let numbers = again["removed"].as_object().expect("numbers");
    assert!(numbers.values().all(|number| *number == 0), "{again}");
    // Some weeks later nobody asks any more; the receipt named nobody anyway.
    assert!(!first.to_string().contains(&visitor(1)));
    server.clock.advance_days(31);
    server.run(server.stores.documents.sweep_expired(server.app.now())).expect("a sweep");
    server.client().get(text(&first["selfUri"])).error(404, "not.found");
}

#[test]
fn who_asks_for_the_same_deletion_at_the_same_moment_gets_it_too() {
    let server = TestServer::start();
    for number in 0..20 {
        server.client().record(&view(&server, number, &[]));
        let path = path("cookie", &visitor(number));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| server.client().delete(&path).with(200));
            }
        });
    }
}

#[test]
fn a_cookie_is_one_visitor_and_an_address_the_whole_person() {
    let server = TestServer::start();
    let client = server.client();
    let mut sessions = Vec::new();
    for number in 1..5 {
        server.clock.advance_ms(10);
        let traits: &[(&str, &str)] = if number < 4 { &[("email", ADDRESS)] } else { &[] };
        sessions.push(client.record(&view(&server, number, traits)));
    }
    let status =
        |place: usize| client.get(&format!("/api/v2/journey/sessions/{}", sessions[place])).status;
    // The second of three browsers: the others still are the person.
    client.delete(&path("cookie", &visitor(2))).with(200);
    assert_eq!([0, 1, 2, 3].map(status), [200, 404, 200, 200]);
    let listed = format!("/api/v2/journey/customers/email/{ADDRESS}/segments");
    client.get(&listed).with(200);
    // However the address is written.
    let receipt = client.delete(&path("email", "%20Ada.Lovelace@Example.ORG")).with(200);
    assert_eq!(receipt["removed"]["visitors"], 2);
    assert_eq!([0, 1, 2, 3].map(status), [404, 404, 404, 200]);
    client.get(&listed).error(404, "not.found");
}

#[test]
fn what_clients_assigned_goes_with_the_person() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("By hand", "nowhere", 1));
    let session = client.record(&view(&server, 1, &[("email", ADDRESS)]));
    let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
    let contact = text(&shown["externalContact"]["id"]).to_owned();
    let listed = format!("/api/v2/journey/externalcontacts/{contact}/segments");
    client.post(&listed, &json!([{ "segmentId": segment, "state": "Assigned" }])).with(204);
    let query = aggregates(NOVEMBER, "nJourneySegmentsAssigned", &[]);
    assert_eq!(client.count_by(&query), [(String::new(), 1)]);
    let receipt = client.delete(&path("email", ADDRESS)).with(200);
    assert_eq!(receipt["removed"]["assignments"], 1);
    client.get(&listed).error(404, "not.found");
    assert_eq!(client.count_by(&query), [(String::new(), 1)]);
    let organisation = server.app.first_organisation().expect("an organisation");
    let verified = server.run(server.store().verify_facts(organisation)).expect("a check");
    assert!(verified.is_sound(), "{verified:?}");
}

#[test]
fn a_customer_with_many_events_goes_while_others_come_in() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let server = TestServer::open(own.path());
    let client = server.client();
    let lines: Vec<String> = (0..6_000)
        .map(|n| {
            let url = format!("https://shop.example/{n}");
            let created = format!("2026-11-{:02}T10:00:00.{:03}Z", 1 + n % 20, n / 20);
            page_view(&visitor(1 + u32::from(n % 10 == 0)), &url, &created).to_string()
        })
        .collect();
    client.import(&lines, 6_000);
    let receipt = std::thread::scope(|scope| {
        let deleting =
            scope.spawn(|| server.client().delete(&path("cookie", &visitor(1))).with(200));
        let mut number = 100;
        while !deleting.is_finished() {
            client.record(&view(&server, number, &[]));
            number += 1;
        }
        deleting.join().expect("a receipt")
    });
    assert_eq!(receipt["state"], "Done");
    assert_eq!(receipt["removed"]["events"], 5_400);
    assert_eq!(receipt["removed"]["sessions"], 18);
    let traces = Traces::of(&[&visitor(1)]);
    assert_eq!(traces.found_in(own.path()), [""; 0]);
    let of_other =
        client.post(AGGREGATES, &aggregates(NOVEMBER, "nJourneySessions", &[])).with(200);
    assert!(of_other["results"][0].is_object());
    server.close();
    assert_eq!(traces.found_in(own.path()), [""; 0]);
}

#[test]
fn it_takes_a_permission_of_its_own() {
    let server = TestServer::start();
    server.client().record(&view(&server, 1, &[]));
    let path = path("cookie", &visitor(1));
    let views = server.client_with(&["wayfare:customer:view", "wayfare:contact:edit"]);
    views.delete(&path).error(403, "missing.any.permissions");
    let deletes = server.client_with(&["wayfare:customer:delete"]);
    let receipt = deletes.delete(&path).with(200);
    deletes.get(text(&receipt["selfUri"])).error(403, "missing.any.permissions");
    views.get(text(&receipt["selfUri"])).with(200);
}
