//! The live feed and webhooks (our own).

use serde_json::json;

use super::About::{Length, Missing, Parameter, Type, Value as Allowed};
use super::{Expected, Row, bad, found, made, parameter, query, unknown, without_body};

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    Some(match name {
        "watch_changes" => vec![
            found(200),
            parameter("types=segment.eaten", "invalid.query.param.value types"),
            parameter(
                "segmentIds=x,y",
                "invalid.query.param.value segmentIds; invalid.query.param.value segmentIds",
            ),
            parameter("sessionIds=1", "invalid.query.param.value sessionIds"),
            parameter("after=made-up", "bad.request after"),
            parameter("heartbeatSeconds=0", "invalid.query.param.value heartbeatSeconds"),
            parameter("heartbeatSeconds=61", "invalid.query.param.value heartbeatSeconds"),
            query(Parameter, "customerIdType=email&customerIds=a@b.example", Expected::Status(200)),
        ],
        "create_webhook" => {
            let body = json!({ "url": "https://x.example/new", "segmentIds": ["SEGMENT"] });
            vec![
                made(201, &body),
                without_body(),
                bad(Missing, &json!({}), "constraint.validation url"),
                bad(Type, &json!({ "url": 1 }), "invalid.value url"),
                bad(Length, &url(&"x".repeat(2_000)), "constraint.validation url"),
                bad(Allowed, &url(":"), "constraint.validation url"),
            ]
        }
        "update_webhook" => {
            let body = json!({ "enabled": false, "types": ["segment.assigned"] });
            let mut rows = vec![
                made(200, &body),
                without_body(),
                bad(Type, &json!({ "enabled": "no" }), "invalid.value enabled"),
                bad(Missing, &json!({ "url": null }), "constraint.validation url"),
                bad(Allowed, &json!({ "types": ["session.opened"] }), "invalid.value types[0]"),
                bad(Allowed, &json!({ "segmentIds": ["x"] }), "invalid.value segmentIds[0]"),
                bad(
                    Length,
                    &json!({ "segmentIds": vec!["SEGMENT"; 1_001] }),
                    "constraint.validation segmentIds",
                ),
            ];
            rows.extend(unknown("webhookId", Some(&body)));
            rows
        }
        "replay_webhook" => {
            let mut rows = vec![
                made(200, &json!({})),
                without_body(),
                bad(Type, &json!({ "after": 1 }), "invalid.value after"),
                bad(Allowed, &json!({ "after": "made-up" }), "bad.request after"),
            ];
            rows.extend(unknown("webhookId", Some(&json!({}))));
            rows
        }
        "list_webhooks" => vec![found(200)],
        "delete_webhook" => [vec![found(204)], unknown("webhookId", None)].concat(),
        "get_webhook" | "list_webhook_deliveries" | "exchange_webhook_secret" | "test_webhook" => {
            [vec![found(200)], unknown("webhookId", None)].concat()
        }
        _ => return None,
    })
}

/// A webhook with a name and a password in its address.
fn url(word: &str) -> serde_json::Value {
    json!({ "url": format!("https://name:{word}@x.example/") })
}
