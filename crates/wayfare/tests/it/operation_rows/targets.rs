//! Action targets.

use serde_json::{Value, json};

use super::About::{Length, Missing, Type, Value as Allowed};
use super::{Row, bad, found, made, parameter, unknown, with, without, without_body};

fn target() -> Value {
    json!({
        "name": "New", "description": "d", "state": "active",
        "userData": [{ "key": "queueId", "value": "q" }], "supportedMediaTypes": ["webchat"],
        "serviceLevel": { "percentage": 0.5, "durationMs": 1000 }, "shortAbandonThreshold": 5,
    })
}

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    let list = |body: &Value| json!([body]);
    Some(match name {
        "get_journey_actiontargets" => vec![
            found(200),
            parameter("pageSize=x", "invalid.query.param.value pageSize"),
            parameter("pageNumber=0", "invalid.query.param.value pageNumber"),
            parameter("after=made-up", "bad.request after"),
        ],
        "get_journey_actiontarget" => [vec![found(200)], unknown("actionTargetId", None)].concat(),
        "patch_journey_actiontarget" => {
            let mut rows = vec![made(200, &json!({ "name": "Changed" })), without_body()];
            rows.push(bad(Missing, &json!({ "name": null }), "constraint.validation name"));
            rows.push(bad(Type, &json!({ "name": 1 }), "invalid.value name"));
            rows.push(bad(
                Type,
                &json!({ "shortAbandonThreshold": "5" }),
                "invalid.value shortAbandonThreshold",
            ));
            rows.push(bad(
                Length,
                &json!({ "name": "n".repeat(257) }),
                "constraint.validation name",
            ));
            rows.extend(of_service_level());
            rows.extend(unknown("actionTargetId", Some(&json!({}))));
            rows
        }
        "create_action_target" => {
            let mut rows = vec![made(201, &target()), without_body()];
            rows.push(bad(Missing, &without(&target(), "/name"), "constraint.validation name"));
            rows.extend(of_body(|body| body.clone()));
            rows
        }
        "change_action_target" => {
            let mut rows = vec![made(200, &json!({ "state": "inactive" })), without_body()];
            rows.extend(of_body(|body| body.clone()));
            rows.extend(unknown("actionTargetId", Some(&json!({}))));
            rows
        }
        "import_action_targets" => vec![
            made(200, &list(&target())),
            without_body(),
            bad(Missing, &list(&without(&target(), "/name")), "constraint.validation [0].name"),
            bad(Type, &list(&with(&target(), "/name", json!(1))), "invalid.value [0].name"),
            bad(Type, &list(&json!("text")), "invalid.value [0]"),
            bad(
                Allowed,
                &list(&with(&target(), "/state", json!("asleep"))),
                "invalid.value [0].state",
            ),
            bad(Allowed, &list(&with(&target(), "/id", json!("x"))), "invalid.value [0].id"),
            bad(
                Length,
                &list(&with(&target(), "/name", json!("n".repeat(257)))),
                "constraint.validation [0].name",
            ),
        ],
        _ => return None,
    })
}

fn of_service_level() -> Vec<Row> {
    let level = |share: Value, ms: Value| json!({ "serviceLevel": { "percentage": share, "durationMs": ms } });
    vec![
        bad(
            Missing,
            &json!({ "serviceLevel": {} }),
            "constraint.validation serviceLevel.percentage; constraint.validation serviceLevel.durationMs",
        ),
        bad(Type, &level(json!("half"), json!(1)), "invalid.value serviceLevel.percentage"),
        bad(Allowed, &level(json!(1.5), json!(1)), "invalid.value serviceLevel.percentage"),
        bad(Allowed, &level(json!(0.5), json!(-1)), "invalid.value serviceLevel.durationMs"),
        bad(
            Allowed,
            &json!({ "shortAbandonThreshold": -1 }),
            "invalid.value shortAbandonThreshold",
        ),
    ]
    .into_iter()
    .collect()
}

fn of_body(shape: impl Fn(&Value) -> Value) -> Vec<Row> {
    let changed = |pointer: &str, value: Value| shape(&with(&target(), pointer, value));
    vec![
        bad(
            Missing,
            &changed("/userData/0", json!({ "key": "a" })),
            "constraint.validation userData[0].value",
        ),
        bad(Type, &changed("/name", json!(1)), "invalid.value name"),
        bad(Type, &changed("/userData", json!("a=b")), "invalid.value userData"),
        bad(
            Type,
            &changed("/supportedMediaTypes", json!("webchat")),
            "invalid.value supportedMediaTypes",
        ),
        bad(Allowed, &changed("/state", json!("asleep")), "invalid.value state"),
        bad(
            Allowed,
            &changed("/supportedMediaTypes", json!(["smoke"])),
            "invalid.value supportedMediaTypes[0]",
        ),
        bad(
            Allowed,
            &changed("/serviceLevel/percentage", json!(2)),
            "invalid.value serviceLevel.percentage",
        ),
        bad(
            Allowed,
            &changed("/shortAbandonThreshold", json!(-1)),
            "invalid.value shortAbandonThreshold",
        ),
        bad(Length, &changed("/name", json!("n".repeat(257))), "constraint.validation name"),
        bad(
            Length,
            &changed("/description", json!("d".repeat(1_001))),
            "constraint.validation description",
        ),
        bad(
            Length,
            &changed("/userData", json!(vec![json!({ "key": "k", "value": "v" }); 101])),
            "constraint.validation userData",
        ),
    ]
}
