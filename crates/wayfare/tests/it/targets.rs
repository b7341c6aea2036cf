//! Action targets: listed, read and changed over the Genesys API, made over ours.

use expect_test::expect;
use serde_json::{Value, json};

use crate::harness::{TestServer, redacted, text};

const TARGETS: &str = "/api/v2/journey/actiontargets";
const OWN_TARGETS: &str = "/api/wayfare/v1/actiontargets";

#[test]
fn an_organisation_begins_with_one_target() {
    let server = TestServer::start();
    let client = server.client();
    let listed = client.get(TARGETS).with(200);
    expect![[r##"
        {
          "entities": [
            {
              "id": "#1",
              "name": "Default",
              "userData": [
                {
                  "key": "queueId",
                  "value": "#2"
                }
              ],
              "supportedMediaTypes": [
                "webchat"
              ],
              "state": "active",
              "serviceLevel": {
                "percentage": 0.8,
                "durationMs": 20000
              },
              "selfUri": "/api/v2/journey/actiontargets/#1",
              "createdDate": "2026-11-22T09:00:00.000Z",
              "modifiedDate": "2026-11-22T09:00:00.000Z"
            }
          ],
          "pageSize": 25,
          "pageNumber": 1,
          "total": 1,
          "firstUri": "/api/v2/journey/actiontargets?pageSize=25&pageNumber=1",
          "selfUri": "/api/v2/journey/actiontargets?pageSize=25&pageNumber=1",
          "lastUri": "/api/v2/journey/actiontargets?pageSize=25&pageNumber=1",
          "pageCount": 1
        }
    "##]]
    .assert_eq(&redacted(&listed));
    let target = &listed["entities"][0];
    assert_eq!(client.get(text(&target["selfUri"])).with(200), *target);
}

#[test]
fn targets_are_made_and_paged_the_oldest_first() {
    let server = TestServer::start();
    let client = server.client();
    for name in ["one", "two", "three"] {
        server.clock.advance_minutes(1);
        let body = json!({ "name": name, "supportedMediaTypes": ["webchat"], "state": "inactive" });
        let made = client.post(OWN_TARGETS, &body).with(201);
        assert_eq!(client.get(text(&made["selfUri"])).with(200), made);
        assert_eq!(made["state"], "inactive");
    }
    let check = |query: &str, expected: &[&str]| {
        let page = client.get(&format!("{TARGETS}{query}")).with(200);
        let entities = page["entities"].as_array().expect("entities");
        let names: Vec<&str> = entities.iter().map(|target| text(&target["name"])).collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(page["total"], 4);
        page
    };
    check("", &["Default", "one", "two", "three"]);
    check("?pageNumber=2&pageSize=1", &["one"]);
    let last = check("?pageNumber=2&pageSize=3", &["three"]);
    assert_eq!(last["pageCount"], 2);
    assert_eq!(last.get("nextUri"), None);
    assert_eq!(last["previousUri"], format!("{TARGETS}?pageSize=3&pageNumber=1"));
    check("?pageNumber=9&pageSize=3", &[]);
    client.get(&format!("{TARGETS}?pageSize=x")).error(400, "invalid.query.param.value");
}

#[test]
fn a_target_changes_field_by_field() {
    let server = TestServer::start();
    let client = server.client();
    let before = client.get(TARGETS).with(200)["entities"][0].clone();
    let path = text(&before["selfUri"]);
    server.clock.advance_minutes(1);
    let level = json!({ "percentage": 0.5, "durationMs": 1_000 });
    let patch = json!({ "name": "Renamed", "serviceLevel": level, "shortAbandonThreshold": 5 });
    let changed = client.patch(path, &patch).with(200);
    let mut expected = before.clone();
    expected["name"] = json!("Renamed");
    expected["serviceLevel"] = level;
    expected["shortAbandonThreshold"] = json!(5);
    expected["modifiedDate"] = json!(server.clock.text(0));
    assert_eq!(changed, expected);
    server.clock.advance_minutes(1);
    assert_eq!(client.patch(path, &json!({})).with(200), changed);
    assert_eq!(client.patch(path, &patch).with(200), changed);
    assert_eq!(client.get(path).with(200), changed);
}

#[test]
fn all_faults_of_a_target_are_told_at_once() {
    let server = TestServer::start();
    let client = server.client();
    let level = json!({ "percentage": 80, "durationMs": -1 });
    let body = json!({
        "name": "", "serviceLevel": level, "shortAbandonThreshold": -1, "state": "asleep",
        "supportedMediaTypes": ["webchat", "telegraph"], "userData": [{ "key": "a" }, {}],
    });
    let made = client.post(OWN_TARGETS, &body);
    assert_eq!(made.status, 400);
    expect![[r#"
        constraint.validation name
        constraint.validation userData[0].value
        constraint.validation userData[1].key
        constraint.validation userData[1].value
        invalid.value supportedMediaTypes[1]
        invalid.value state
        invalid.value serviceLevel.percentage
        invalid.value serviceLevel.durationMs
        invalid.value shortAbandonThreshold
    "#]]
    .assert_eq(&made.faults());
    let target = client.get(TARGETS).with(200)["entities"][0].clone();
    let patch = json!({ "name": " ", "serviceLevel": {}, "shortAbandonThreshold": 1e9 as i64 });
    let changed = client.patch(text(&target["selfUri"]), &patch);
    assert_eq!(changed.status, 400);
    expect![[r#"
        constraint.validation name
        constraint.validation serviceLevel.percentage
        constraint.validation serviceLevel.durationMs
        invalid.value shortAbandonThreshold
    "#]]
    .assert_eq(&changed.faults());
    assert_eq!(client.get(TARGETS).with(200)["entities"], json!([target]));
}

#[test]
fn a_target_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    let client = server.client();
    for id in ["a5a5a5a5-0000-4000-8000-00000000abcd", "not-a-uuid"] {
        let path = format!("{TARGETS}/{id}");
        client.get(&path).error(404, "not.found");
        client.patch(&path, &Value::Object(serde_json::Map::new())).error(404, "not.found");
    }
}
