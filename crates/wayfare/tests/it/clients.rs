//! OAuth clients (our own operations).

use serde_json::json;

use crate::harness::{CLIENT_ID, SEGMENTS, TestClient, TestServer, text};

const CLIENTS: &str = "/api/wayfare/v1/clients";

#[test]
fn a_client_is_made_listed_and_revoked() {
    let server = TestServer::start();
    let admin = server.client();
    server.clock.advance_minutes(1);
    let body =
        json!({ "name": "reports", "permissions": ["journey:segment:view", "analytics:*:*"] });
    let made = admin.post(CLIENTS, &body).with(201);
    assert_eq!(made["name"], "reports");
    assert_eq!(made["permissions"], json!(["analytics:*:*", "journey:segment:view"]));
    assert_eq!(made["createdDate"], server.clock.text(0));

    let listed = admin.get(CLIENTS).with(200);
    let entities = listed["entities"].as_array().expect("entities");
    assert_eq!(entities.len(), 2);
    assert_eq!((&entities[0]["id"], &entities[1]["id"]), (&json!(CLIENT_ID), &made["id"]));
    assert!(entities.iter().all(|entity| entity.get("secret").is_none()), "{listed}");

    let path = format!("{CLIENTS}/{}", text(&made["id"]));
    admin.delete(&path).with(204);
    admin.delete(&path).error(404, "not.found");
    assert_eq!(admin.get(CLIENTS).with(200)["entities"], json!([entities[0]]));
}

#[test]
fn a_client_may_do_what_its_permissions_say_and_nothing_else() {
    let server = TestServer::start();
    let viewer = server.client_with(&["journey:segment:view"]);
    viewer.get(SEGMENTS).with(200);
    viewer.post(SEGMENTS, &json!({ "displayName": "x" })).error(403, "missing.any.permissions");
    let editor = server.client_with(&["journey:segment:*"]);
    editor.post(SEGMENTS, &json!({ "displayName": "x" })).with(201);
    editor.get("/api/v2/journey/actiontargets").error(403, "missing.any.permissions");
}

#[test]
fn nobody_can_give_what_they_do_not_have() {
    let server = TestServer::start();
    let limited = server.client_with(&["wayfare:client:add", "journey:segment:*"]);
    let make = |permission: &str| {
        limited.post(CLIENTS, &json!({ "name": "child", "permissions": [permission] }))
    };
    let child = make("journey:segment:view").with(201);
    TestClient::log_in(&server, text(&child["id"]), text(&child["secret"])).get(SEGMENTS).with(200);
    for beyond in ["*", "journey:*:*", "journey:session:view", "*:*:*"] {
        let message = make(beyond).error(400, "constraint.validation");
        assert!(message.contains(beyond), "{message}");
    }
}

#[test]
fn all_faults_of_a_client_are_told_at_once() {
    let server = TestServer::start();
    let admin = server.client();
    let check = |body, expected: &str| {
        let answer = admin.post(CLIENTS, &body);
        assert_eq!(answer.status, 400);
        assert_eq!(answer.faults(), expected);
    };
    let (name, permissions) =
        ("constraint.validation name\n", "constraint.validation permissions\n");
    check(json!({}), &format!("{name}{permissions}"));
    check(json!({ "name": " ", "permissions": [] }), &format!("{name}{permissions}"));
    check(json!({ "name": "n".repeat(257), "permissions": ["*"] }), name);
    check(json!({ "name": "a\u{1b}[2J", "permissions": ["*"] }), name);
    check(json!({ "name": "x", "permissions": vec!["*"; 501] }), permissions);
    let unknown = json!(["journey:segment:view", "journey:segment", "", "journey:banana:view"]);
    let expected = "invalid.value permissions[1]\ninvalid.value permissions[2]\n\
                    invalid.value permissions[3]\n";
    check(json!({ "name": "x", "permissions": unknown }), expected);
    assert_eq!(admin.get(CLIENTS).with(200)["entities"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_client_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    for id in ["a5a5a5a5-0000-4000-8000-00000000abcd", "not-a-uuid"] {
        server.client().delete(&format!("{CLIENTS}/{id}")).error(404, "not.found");
    }
}
