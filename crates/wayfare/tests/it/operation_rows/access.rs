//! Clients, users, roles and deployments (our own).

use serde_json::{Value, json};

use super::About::{Length, Missing, Type, Value as Allowed};
use super::{Row, UNKNOWN, bad, found, made, unknown, with, without, without_body};

/// Where backups are asked for.
pub(super) const BACKUPS: &str = "/api/wayfare/v1/backups";

pub(super) fn rows(name: &str, _: &str) -> Option<Vec<Row>> {
    Some(match name {
        "list_clients" | "list_users" | "list_roles" | "list_deployments" => vec![found(200)],
        "revoke_client" => [vec![found(204)], unknown("clientId", None)].concat(),
        "delete_user" => [vec![found(204)], unknown("userId", None)].concat(),
        "delete_role" => [vec![found(204)], unknown("roleId", None)].concat(),
        "create_deployment" => {
            let body = json!({ "name": "n" });
            let mut rows = vec![made(201, &body), without_body()];
            rows.extend(of_name(&body));
            rows
        }
        "create_client" => of_permissions("wayfare:client:add"),
        "create_role" => of_permissions("wayfare:role:add"),
        "create_user" => {
            let body = json!({ "name": "new@x.example", "password": "correct horse battery" });
            vec![
                made(201, &body),
                without_body(),
                bad(Missing, &without(&body, "/name"), "constraint.validation name"),
                bad(Missing, &without(&body, "/password"), "constraint.validation password"),
                bad(Type, &with(&body, "/name", json!(1)), "invalid.value name"),
                bad(Type, &with(&body, "/roles", json!("x")), "invalid.value roles"),
                bad(Allowed, &with(&body, "/name", json!("nobody")), "invalid.value name"),
                bad(Allowed, &with(&body, "/roles", json!([UNKNOWN])), "invalid.value roles[0]"),
                bad(
                    Length,
                    &with(&body, "/password", json!("short")),
                    "constraint.validation password",
                ),
            ]
        }
        "update_user" => {
            let body = json!({ "password": "correct horse battery 2" });
            let mut rows = vec![
                made(200, &body),
                without_body(),
                bad(Type, &with(&body, "/roles", json!("x")), "invalid.value roles"),
                bad(Allowed, &with(&body, "/roles", json!([UNKNOWN])), "invalid.value roles[0]"),
                bad(Length, &json!({ "password": "short" }), "constraint.validation password"),
            ];
            rows.extend(unknown("userId", Some(&body)));
            rows
        }
        "get_backup" => [vec![found(200)], unknown("backupId", None)].concat(),
        "create_backup" => {
            let body = json!({ "directory": "BACKUPS", "request": "please" });
            let directory =
                |value| bad(Allowed, &with(&body, "/directory", value), "invalid.value directory");
            vec![
                made(202, &body),
                without_body(),
                bad(Missing, &without(&body, "/directory"), "invalid.value directory"),
                bad(Missing, &without(&body, "/request"), "invalid.value request"),
                bad(Type, &with(&body, "/request", json!(1)), "invalid.value request"),
                bad(Allowed, &with(&body, "/request", json!("other")), "invalid.value request"),
                directory(json!("backups")),
            ]
        }
        _ => return None,
    })
}

fn of_name(body: &Value) -> Vec<Row> {
    vec![
        bad(Missing, &without(body, "/name"), "constraint.validation name"),
        bad(Type, &with(body, "/name", json!(1)), "invalid.value name"),
        bad(Length, &with(body, "/name", json!("n".repeat(257))), "constraint.validation name"),
    ]
}

/// What has a name and permissions; nobody can give what they do not have.
fn of_permissions(held: &str) -> Vec<Row> {
    let body = json!({ "name": "n", "permissions": [held] });
    let mut rows = vec![
        made(201, &body),
        without_body(),
        bad(Missing, &without(&body, "/permissions"), "constraint.validation permissions"),
        bad(Type, &with(&body, "/permissions", json!("*")), "invalid.value permissions"),
        bad(
            Allowed,
            &with(&body, "/permissions/0", json!("a:b:c")),
            "invalid.value permissions[0]",
        ),
        bad(
            Length,
            &with(&body, "/permissions", json!(vec!["*"; 501])),
            "constraint.validation permissions",
        ),
    ];
    rows.extend(of_name(&body));
    rows
}
