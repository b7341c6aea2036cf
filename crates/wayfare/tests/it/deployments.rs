//! Deployments (our own operations): the keys under which events come in.

use serde_json::json;

use crate::harness::{DEPLOYMENT_ID, TestServer, page_view, text, visitor};

const DEPLOYMENTS: &str = "/api/wayfare/v1/deployments";

#[test]
fn a_deployment_is_made_and_listed_and_takes_events() {
    let server = TestServer::start();
    let admin = server.client();
    server.clock.advance_minutes(1);
    let made = admin.post(DEPLOYMENTS, &json!({ "name": "shop" })).with(201);
    assert_eq!(
        (&made["name"], &made["createdDate"]),
        (&json!("shop"), &json!(server.clock.text(0)))
    );
    let listed = admin.get(DEPLOYMENTS).with(200);
    assert_eq!(listed["entities"][0]["id"], DEPLOYMENT_ID);
    assert_eq!(listed["entities"][1], made);

    // Events of all deployments are of one organisation: the same visitor goes on.
    let event = |url| page_view(&visitor(1), url, &server.clock.text(0));
    let session = admin.record(&event("https://x.example/"));
    let path = format!("/api/v2/journey/deployments/{}/webevents", text(&made["id"]));
    let answer = server.anonymous().post(&path, &event("https://shop.x.example/")).with(200);
    assert_eq!(answer["session"]["id"], session);
    assert_eq!(answer["session"]["eventCount"], 2);
}

#[test]
fn a_deployment_needs_a_name() {
    let server = TestServer::start();
    let admin = server.client();
    for body in [json!({}), json!({ "name": " " }), json!({ "name": "n".repeat(257) })] {
        let message = admin.post(DEPLOYMENTS, &body).error(400, "constraint.validation");
        assert!(message.contains("name"), "{message}");
    }
    assert_eq!(admin.get(DEPLOYMENTS).with(200)["entities"].as_array().map(Vec::len), Some(1));
}
