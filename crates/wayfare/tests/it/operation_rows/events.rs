//! Events and imports.

use serde_json::{Value, json};

use super::About::{Length, Missing, Type, Value as Allowed};
use super::{About, Expected, Row, bad, made, unknown, with, without, without_body};
use crate::harness::{page_view, screen_view, visitor};

pub(super) fn rows(name: &str, now: &str) -> Option<Vec<Row>> {
    Some(match name {
        "post_journey_deployment_webevents" => {
            let event = page_view(&visitor(9), "https://x.example/", now);
            let mut rows = of_event(&event);
            rows.push(bad(Missing, &without(&event, "/page"), "constraint.validation page"));
            rows.push(bad(
                Missing,
                &without(&event, "/page/title"),
                "constraint.validation page.title",
            ));
            rows.push(bad(
                Missing,
                &without(&event, "/page/url"),
                "constraint.validation page.url",
            ));
            rows.push(bad(Type, &with(&event, "/page", json!("x")), "invalid.value page"));
            rows.push(bad(
                Allowed,
                &with(&event, "/page/url", json!("x")),
                "invalid.value page.url",
            ));
            rows
        }
        "post_journey_deployment_appevents" => {
            let event = screen_view(&visitor(9), "Home", now);
            let mut rows = of_event(&event);
            rows.push(bad(Missing, &without(&event, "/app"), "constraint.validation app"));
            rows.push(bad(Missing, &without(&event, "/device"), "constraint.validation device"));
            rows.push(bad(
                Missing,
                &without(&event, "/screenName"),
                "constraint.validation screenName",
            ));
            rows.push(bad(
                Missing,
                &without(&event, "/app/version"),
                "constraint.validation app.version",
            ));
            rows.push(bad(
                Type,
                &with(&event, "/app/version", json!(1)),
                "invalid.value app.version",
            ));
            rows
        }
        // Bad lines are told in the answer, and the good ones are applied.
        "import" => {
            let record = page_view(&visitor(9), "https://x.example/", "2026-11-22T08:00:00Z");
            let told = |about, body: &Value| {
                Row::new(about, Some(body.to_string()), Expected::Status(200))
            };
            vec![
                made(200, &record),
                told(Missing, &without(&record, "/eventName")),
                told(Type, &with(&record, "/eventName", json!(1))),
                told(Length, &with(&record, "/eventName", json!("e".repeat(129)))),
            ]
        }
        _ => return None,
    })
}

fn of_event(event: &Value) -> Vec<Row> {
    let mut rows = vec![made(200, event), without_body()];
    for (field, fault) in [
        ("/customerCookieId", "constraint.validation customerCookieId"),
        ("/eventName", "constraint.validation eventName"),
        ("/createdDate", "constraint.validation createdDate"),
    ] {
        rows.push(bad(Missing, &without(event, field), fault));
    }
    for (field, fault) in [
        ("/customerCookieId", "invalid.value customerCookieId"),
        ("/eventName", "invalid.value eventName"),
        ("/createdDate", "invalid.value createdDate"),
    ] {
        rows.push(bad(Type, &with(event, field, json!(1)), fault));
    }
    rows.push(bad(Type, &with(event, "/attributes", json!([])), "invalid.value attributes"));
    for (field, value, fault) in [
        ("/customerCookieId", "nobody", "invalid.value customerCookieId"),
        ("/eventName", "page viewed", "invalid.value eventName"),
        ("/createdDate", "yesterday", "invalid.date createdDate"),
    ] {
        rows.push(bad(Allowed, &with(event, field, json!(value)), fault));
    }
    rows.push(bad(
        Length,
        &with(event, "/eventName", json!("e".repeat(129))),
        "invalid.value eventName",
    ));
    rows.extend(unknown("deploymentId", Some(event)));
    assert!(rows.iter().any(|row| row.about == About::Unknown));
    rows
}
