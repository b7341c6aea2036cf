//! Action targets outside the contract: every field can be changed.

use serde_json::{Value, json};

use crate::harness::{TestClient, TestServer};

const TARGETS: &str = "/api/v2/journey/actiontargets";
const OWN: &str = "/api/wayfare/v1/actiontargets";

fn create(client: &TestClient<'_>) -> Value {
    let body = json!({
        "name": "Sales", "description": "who sells", "state": "active",
        "userData": [{ "key": "queueId", "value": "q-1" }],
        "supportedMediaTypes": ["webchat", "callback"],
        "serviceLevel": { "percentage": 0.5, "durationMs": 1000 }, "shortAbandonThreshold": 5,
    });
    client.post(OWN, &body).with(201)
}

fn paths(target: &Value) -> (String, String) {
    let id = target["id"].as_str().expect("an id");
    (format!("{OWN}/{id}"), format!("{TARGETS}/{id}"))
}

fn listed(client: &TestClient<'_>) -> Vec<Value> {
    client.get(TARGETS).with(200)["entities"].as_array().expect("entities").clone()
}

#[test]
fn every_field_can_be_changed_and_two_cleared() {
    let server = TestServer::start();
    let client = server.client();
    let fields = [
        ("name", json!("Service"), false),
        ("description", json!("who helps"), true),
        ("state", json!("inactive"), false),
        ("userData", json!([{ "key": "a", "value": "1" }, { "key": "b", "value": "" }]), false),
        ("supportedMediaTypes", json!(["call"]), false),
        ("serviceLevel", json!({ "percentage": 1.0, "durationMs": 0 }), false),
        ("shortAbandonThreshold", json!(0), true),
    ];
    for (field, value, clears) in fields {
        let made = create(&client);
        let (own, path) = paths(&made);
        server.clock.advance_ms(1);
        assert_eq!(client.patch(&own, &json!({})).with(200), made);
        let refused = client.patch(&own, &json!({ field: null }));
        if clears {
            assert!(refused.with(200).get(field).is_none(), "{field}");
        } else {
            assert_eq!(refused.faults(), format!("constraint.validation {field}\n"));
            assert_eq!(client.get(&path).with(200), made);
        }
        let changed = client.patch(&own, &json!({ field: value })).with(200);
        assert_eq!(changed[field], value);
        assert_eq!(changed["modifiedDate"], server.clock.text(0));
        assert_eq!(client.get(&path).with(200), changed);
        for (other, before) in made.as_object().expect("a target") {
            let may_differ = [field, "modifiedDate"].contains(&other.as_str());
            assert!(may_differ || changed[other] == *before, "{field} changed {other}");
        }
    }
}

#[test]
fn all_faults_of_a_change_are_told_and_nothing_changes() {
    let server = TestServer::start();
    let client = server.client();
    let made = create(&client);
    let (own, path) = paths(&made);
    let answer = client.patch(
        &own,
        &json!({
            "name": " ", "state": "asleep", "userData": [{ "key": "a" }, { "value": "b" }],
            "supportedMediaTypes": ["call", "smoke", "call"], "shortAbandonThreshold": -1,
            "serviceLevel": { "percentage": 1.01, "durationMs": -1 },
        }),
    );
    assert_eq!(
        answer.faults(),
        "constraint.validation name\n\
         constraint.validation userData[0].value\n\
         constraint.validation userData[1].key\n\
         invalid.value supportedMediaTypes[1]\n\
         constraint.validation supportedMediaTypes[2]\n\
         invalid.value state\n\
         invalid.value serviceLevel.percentage\n\
         invalid.value serviceLevel.durationMs\n\
         invalid.value shortAbandonThreshold\n"
    );
    assert_eq!(client.get(&path).with(200), made);
}

#[test]
fn the_contracts_own_change_knows_three_fields_and_refuses_their_nulls() {
    let server = TestServer::start();
    let client = server.client();
    let made = create(&client);
    let (_, path) = paths(&made);
    let ignored = json!({ "state": "deleted", "description": null, "id": "x" });
    assert_eq!(client.patch(&path, &ignored).with(200), made);
    for field in ["name", "serviceLevel"] {
        let refused = client.patch(&path, &json!({ field: null }));
        assert_eq!(refused.faults(), format!("constraint.validation {field}\n"));
    }
    for (share, ms) in [(0.0, 0), (1.0, 604_800_000)] {
        let level = json!({ "percentage": share, "durationMs": ms });
        let changed = client.patch(&path, &json!({ "serviceLevel": level })).with(200);
        assert_eq!(changed["serviceLevel"], level);
    }
    for level in [json!({ "percentage": 0.5 }), json!({ "durationMs": 5 }), json!({})] {
        let answer = client.patch(&path, &json!({ "serviceLevel": level }));
        assert_eq!(answer.status, 400);
    }
    let cleared = client.patch(&path, &json!({ "shortAbandonThreshold": null })).with(200);
    assert!(cleared.get("shortAbandonThreshold").is_none());
}

#[test]
fn a_deleted_target_is_not_listed_but_answers_and_can_come_back() {
    let server = TestServer::start();
    let client = server.client();
    let before = listed(&client);
    let made = create(&client);
    let (own, path) = paths(&made);
    client.patch(&own, &json!({ "state": "inactive" })).with(200);
    assert_eq!(listed(&client).len(), before.len() + 1);
    client.patch(&own, &json!({ "state": "deleted" })).with(200);
    assert_eq!(listed(&client), before);
    assert_eq!(client.get(&path).with(200)["state"], "deleted");
    client.patch(&own, &json!({ "state": "active" })).with(200);
    assert_eq!(listed(&client).len(), before.len() + 1);

    let views = server.client_with(&["journey:actiontarget:edit"]);
    views.patch(&own, &json!({ "state": "deleted" })).error(403, "missing.any.permissions");
    let edits = server.client_with(&["wayfare:actionTarget:edit"]);
    edits.patch(&own, &json!({ "name": "Renamed" })).with(200);
    edits.patch(&format!("{OWN}/nonsense"), &json!({})).error(404, "not.found");
}
