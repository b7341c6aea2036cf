//! The history of a segment, and what a change can say of each field.

use serde_json::{Value, json};

use crate::harness::{SEGMENTS, TestServer, page_segment};

fn versions(segment: &str) -> String {
    format!("/api/wayfare/v1/segments/{segment}/versions")
}

#[test]
fn every_version_is_readable_page_by_page_also_after_deletion() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("first", "a", 1));
    let path = format!("{SEGMENTS}/{segment}");
    for name in ["second", "third", "fourth", "fifth"] {
        client.patch(&path, &json!({ "displayName": name })).with(200);
    }
    let names = |page: &Value| -> Vec<(u64, String)> {
        let entities = page["entities"].as_array().expect("entities");
        let named = |entity: &Value| {
            let name = entity["displayName"].as_str().expect("a name").to_owned();
            (entity["version"].as_u64().expect("a version"), name)
        };
        entities.iter().map(named).collect()
    };
    let check = || {
        let page = client.get(&format!("{}?pageSize=2&pageNumber=2", versions(&segment))).with(200);
        assert_eq!(names(&page), [(3, "third".to_owned()), (4, "fourth".to_owned())]);
        assert_eq!((&page["total"], &page["pageCount"]), (&json!(5), &json!(3)));
        let uri =
            |number: u32| json!(format!("{}?pageSize=2&pageNumber={number}", versions(&segment)));
        assert_eq!(page["firstUri"], uri(1));
        assert_eq!(page["selfUri"], uri(2));
        assert_eq!(page["nextUri"], uri(3));
        assert_eq!(page["previousUri"], uri(1));
        assert_eq!(page["lastUri"], uri(3));
        let last = client.get(&format!("{}?pageSize=2&pageNumber=3", versions(&segment))).with(200);
        assert_eq!(names(&last), [(5, "fifth".to_owned())]);
        assert!(last.get("nextUri").is_none());
        let beyond = client.get(&format!("{}?pageNumber=9", versions(&segment))).with(200);
        assert_eq!(names(&beyond), []);
        assert_eq!(beyond["total"], 5);
    };
    check();
    client.delete(&path).with(204);
    client.get(&path).error(404, "not.found");
    check();
}

#[test]
fn versions_need_a_segment_and_the_permission_and_stay_in_their_organisation() {
    let server = TestServer::start();
    let client = server.client();
    let segment = client.create_segment(&page_segment("mine", "a", 1));
    for unknown in ["a5a5a5a5-0000-4000-8000-00000000abcd", "nonsense"] {
        let message = client.get(&versions(unknown)).error(404, "not.found");
        assert!(message.contains(unknown), "{message}");
    }
    let message = client
        .get(&format!("{}?pageSize=0", versions(&segment)))
        .error(400, "invalid.query.param.value");
    assert!(message.contains("pageSize"), "{message}");
    let limited = server.client_with(&["journey:segment:edit"]);
    limited.get(&versions(&segment)).error(403, "missing.any.permissions");
    server.client_with(&["journey:segment:view"]).get(&versions(&segment)).with(200);
    let keys = server.create_organisation("other");
    server.client_of(&keys).get(&versions(&segment)).error(404, "not.found");
}

/// A segment with a value in every field.
fn full() -> Value {
    let mut segment = page_segment("full", "a", 2);
    segment["description"] = json!("what it is for");
    segment["color"] = json!("#123456");
    segment["isActive"] = json!(true);
    segment["shouldDisplayToAgent"] = json!(false);
    segment["assignmentExpirationDays"] = json!(7);
    segment["externalSegment"] = json!({ "id": "x-1", "name": "Outside", "source": "Custom" });
    segment["context"] = json!({ "patterns": [{ "criteria": [{
        "key": "device.category", "values": ["mobile"], "operator": "equal", "entityType": "visit",
    }] }] });
    segment
}

#[test]
fn absent_keeps_a_value_replaces_and_null_clears_or_is_refused_for_every_field() {
    let server = TestServer::start();
    let client = server.client();
    let other_context = json!({ "patterns": [{ "criteria": [{
        "key": "browser.family", "values": ["Chrome"], "shouldIgnoreCase": false,
        "operator": "equal", "entityType": "visit",
    }] }] });
    let fields = [
        // field, another value, whether null clears it
        ("displayName", json!("renamed"), false),
        ("description", json!("something else"), true),
        ("color", json!("#ABCDEF"), false),
        ("isActive", json!(false), false),
        ("shouldDisplayToAgent", json!(true), false),
        ("assignmentExpirationDays", json!(0), true),
        ("externalSegment", json!({ "id": "x-1", "name": "Farther", "source": "Custom" }), true),
        ("context", other_context, false),
        ("journey", page_segment("", "b", 3)["journey"].clone(), false),
    ];
    for (field, value, clears) in fields {
        let made = client.post(SEGMENTS, &full()).with(201);
        let path = format!("{SEGMENTS}/{}", made["id"].as_str().expect("an id"));
        // Absent: nothing changes, the version neither.
        assert_eq!(client.patch(&path, &json!({})).with(200), made, "{field}");
        let refused = client.patch(&path, &json!({ field: null }));
        if clears {
            let cleared = refused.with(200);
            assert!(cleared.get(field).is_none(), "{field}: {cleared}");
            assert_eq!(cleared["version"], 2, "{field}");
        } else {
            assert_eq!(refused.faults(), format!("constraint.validation {field}\n"));
            refused.error(400, "constraint.validation");
            assert_eq!(client.get(&path).with(200), made, "{field}");
        }
        if field == "externalSegment" {
            continue;
        }
        let changed = client.patch(&path, &json!({ field: value })).with(200);
        let (mut changed_field, mut value) = (changed[field].clone(), value);
        for each in [&mut changed_field, &mut value] {
            without_defaults(each);
        }
        assert_eq!(changed_field, value, "{field}");
        for (other, before) in made.as_object().expect("a segment") {
            let may_differ = [field, "version", "modifiedDate"].contains(&other.as_str());
            assert!(may_differ || changed[other] == *before, "{field} changed {other}");
        }
    }
}

/// Takes away what the server fills in.
fn without_defaults(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("shouldIgnoreCase");
            fields.values_mut().for_each(without_defaults);
        }
        Value::Array(values) => values.iter_mut().for_each(without_defaults),
        _ => {}
    }
}

#[test]
fn null_versions_and_names_are_faults_too_and_all_are_told_at_once() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full()).with(201);
    let path = format!("{SEGMENTS}/{}", made["id"].as_str().expect("an id"));
    let answer = client.patch(
        &path,
        &json!({
            "version": null, "displayName": null, "color": "red",
            "externalSegment": { "name": null },
        }),
    );
    assert_eq!(
        answer.faults(),
        "constraint.validation version\nconstraint.validation displayName\n\
         invalid.value color\nconstraint.validation externalSegment.name\n"
    );
    let renamed = json!({ "externalSegment": { "name": "Farther", "id": "y", "source": "x" } });
    let changed = client.patch(&path, &renamed).with(200);
    let expected = json!({ "id": "x-1", "name": "Farther", "source": "Custom" });
    assert_eq!(changed["externalSegment"], expected);
}

#[test]
fn read_only_and_unknown_properties_are_ignored() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full()).with(201);
    let path = format!("{SEGMENTS}/{}", made["id"].as_str().expect("an id"));
    let patch = json!({
        "id": "a5a5a5a5-0000-4000-8000-00000000abcd", "selfUri": 5, "createdDate": "yesterday",
        "modifiedDate": null, "scope": "Customer", "somethingElse": { "a": [1] },
    });
    assert_eq!(client.patch(&path, &patch).with(200), made);
    let mut body = full();
    for (field, value) in patch.as_object().expect("fields") {
        if field != "scope" {
            body[field] = value.clone();
        }
    }
    let second = client.post(SEGMENTS, &body).with(201);
    assert_ne!(second["id"], patch["id"]);
    assert_eq!(second["createdDate"], made["createdDate"]);
    assert!(second.get("somethingElse").is_none());
}

#[test]
fn a_stale_version_conflicts_and_no_version_is_the_last_write() {
    let server = TestServer::start();
    let client = server.client();
    let made = client.post(SEGMENTS, &full()).with(201);
    let path = format!("{SEGMENTS}/{}", made["id"].as_str().expect("an id"));
    client.patch(&path, &json!({ "displayName": "a", "version": 1 })).with(200);
    let message = client
        .patch(&path, &json!({ "displayName": "b", "version": 1 }))
        .error(409, "request.conflict");
    assert!(message.contains("does not match the current version"), "{message}");
    let changed = client.patch(&path, &json!({ "displayName": "c" })).with(200);
    assert_eq!(changed["version"], 3);
    let same = client.patch(&path, &json!({ "displayName": "c", "version": 3 })).with(200);
    assert_eq!(same, changed);
}

#[test]
fn every_first_level_property_with_an_order_sorts() {
    let server = TestServer::start();
    let client = server.client();
    // In order by every one of these, in this order of making.
    let fields = [
        ("displayName", json!("a"), json!("b")),
        ("description", json!("a"), json!("b")),
        ("color", json!("#000000"), json!("#000001")),
        ("isActive", json!(false), json!(true)),
        ("shouldDisplayToAgent", json!(false), json!(true)),
        ("scope", json!("Customer"), json!("Session")),
        ("assignmentExpirationDays", json!(2), json!(10)),
    ];
    for (field, low, high) in fields {
        let made: Vec<Value> = [&high, &low]
            .into_iter()
            .map(|value| {
                let mut body = json!({ "displayName": "same" });
                body[field] = value.clone();
                server.clock.advance_ms(1);
                client.post(SEGMENTS, &body).with(201)
            })
            .collect();
        let sorted = |by: &str| -> Vec<Value> {
            let page = client.get(&format!("{SEGMENTS}?sortBy={by}&pageSize=200")).with(200);
            page["entities"].as_array().expect("entities").clone()
        };
        let (up, down) = (sorted(field), sorted(&format!("-{field}")));
        let place = |list: &[Value], one: &Value| {
            list.iter().position(|found| found["id"] == one["id"]).expect("a place")
        };
        assert!(place(&up, &made[1]) < place(&up, &made[0]), "{field}");
        assert!(place(&down, &made[0]) < place(&down, &made[1]), "-{field}");
        for (by, reverse) in [("createdDate", false), ("-modifiedDate", true)] {
            let list = sorted(by);
            assert_eq!(place(&list, &made[1]) < place(&list, &made[0]), reverse, "{by}");
        }
        let by_id: Vec<Value> = sorted("selfUri").iter().map(|one| one["id"].clone()).collect();
        assert!(by_id.is_sorted_by(|a, b| a.as_str() <= b.as_str()));
        for segment in made {
            let path = format!("{SEGMENTS}/{}", segment["id"].as_str().expect("an id"));
            client.delete(&path).with(204);
        }
    }
    for field in ["context", "journey", "externalSegment", "nothing"] {
        let answer = client.get(&format!("{SEGMENTS}?sortBy={field}"));
        assert_eq!(answer.faults(), "invalid.query.param.value sortBy\n");
    }
}
