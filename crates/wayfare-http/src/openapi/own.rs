//! Operations that no generation of the contract has.

use serde_json::{Map, Value, json};

/// A reference to a schema.
pub(super) fn of(schema: &str) -> Value {
    json!({ "$ref": format!("{}{schema}", super::SCHEMA) })
}

fn listing_of(schema: &str) -> Value {
    json!({
        "type": "object", "required": ["entities"],
        "properties": { "entities": { "type": "array", "items": of(schema) } },
    })
}

/// A query parameter; what it may be is in [`super::rules::parameter`].
fn query(name: &str) -> Value {
    json!({ "name": name, "in": "query", "required": false, "schema": {} })
}

/// A query parameter with several values.
fn list_of(name: &str) -> Value {
    let schema = json!({ "type": "array", "items": { "type": "string" } });
    json!({ "name": name, "in": "query", "required": false, "schema": schema })
}

/// Our operations, by their names.
pub(super) fn operations() -> Value {
    json!({
        "create_client": {
            "body": of("ClientRequest"), "response": of("CreatedClient"), "status": 201,
        },
        "list_clients": { "response": listing_of("Client") },
        "revoke_client": { "status": 204 },
        "create_action_target": {
            "body": of("ActionTargetRequest"), "response": of("ActionTarget"), "status": 201,
        },
        "create_deployment": {
            "body": of("DeploymentRequest"), "response": of("Deployment"), "status": 201,
        },
        "list_deployments": { "response": listing_of("Deployment") },
        "create_user": { "body": of("UserRequest"), "response": of("User"), "status": 201 },
        "list_users": { "response": listing_of("User") },
        "update_user": { "body": of("UserChange"), "response": of("User") },
        "delete_user": { "status": 204 },
        "create_role": { "body": of("RoleRequest"), "response": of("Role"), "status": 201 },
        "list_roles": { "response": listing_of("Role") },
        "delete_role": { "status": 204 },
        "change_action_target": {
            "body": of("ActionTargetChange"), "response": of("ActionTarget"),
        },
        "import_action_targets": {
            "body": {
                "type": "string",
                "description": "One action target a line, or a list of them; see docs/action-targets.md.",
            },
            "bodyType": "application/x-ndjson", "response": of("ImportedActionTargets"),
        },
        "list_segment_versions": {
            "parameters": [query("pageNumber"), query("pageSize")], "response": of("SegmentListing"),
        },
        "import": {
            "body": { "type": "string", "description": "One event a line, see docs/import.md." },
            "bodyType": "application/x-ndjson", "response": of("ImportAnswer"),
        },
        "create_backup": {
            "body": of("BackupRequest"), "response": of("Backup"), "status": 202,
        },
        "get_backup": { "response": of("Backup") },
        "get_contact": { "response": of("Contact") },
        "unmerge_contact": { "response": of("Contact") },
        "explain_session_segment": {
            "parameters": [query("at")], "response": of("SegmentExplanation"),
        },
        "explain_customer_segment": {
            "parameters": [query("at")], "response": of("SegmentExplanation"),
        },
        "create_backtest": {
            "body": of("BacktestRequest"), "response": of("Backtest"), "status": 202,
        },
        "get_backtest": { "response": of("Backtest") },
        "cancel_backtest": { "status": 204 },
        "delete_customer": { "response": of("CustomerDeletion") },
        "get_customer_deletion": { "response": of("CustomerDeletion") },
        "count_segments": { "response": listing_of("SegmentCount") },
    })
}

/// Those about changes and who is told of them.
pub(super) fn watching() -> Value {
    json!({
        "watch_changes": {
            "parameters": [
                query("after"), list_of("types"), list_of("segmentIds"), list_of("sessionIds"),
                list_of("customerIds"), query("customerIdType"), query("heartbeatSeconds"),
            ],
            "response": {
                "type": "string",
                "description": "Server-sent events without an end; see docs/live-feed.md.",
            },
            "responseType": "text/event-stream",
        },
        "create_webhook": {
            "body": of("WebhookRequest"), "response": of("CreatedWebhook"), "status": 201,
        },
        "list_webhooks": { "response": listing_of("Webhook") },
        "get_webhook": { "response": of("Webhook") },
        "update_webhook": { "body": of("WebhookChange"), "response": of("Webhook") },
        "delete_webhook": { "status": 204 },
        "exchange_webhook_secret": { "response": of("WebhookSecret") },
        "test_webhook": { "response": of("WebhookTest") },
        "list_webhook_deliveries": { "response": listing_of("WebhookDelivery") },
        "replay_webhook": { "body": of("WebhookReplay"), "response": of("Webhook") },
    })
}

/// What is not an operation with permissions.
pub(super) fn paths() -> Map<String, Value> {
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let error = |status: u16| json!({ "$ref": format!("#/components/responses/{status}") });
    let mut paths = Map::new();
    paths.insert(
        super::PATH.to_owned(),
        json!({ "get": {
            "operationId": "get_document", "tags": ["Wayfare"], "security": [],
            "responses": {
                "200": {
                    "description": "This document.",
                    "content": json_of(json!({ "type": "object", "required": ["openapi"] })),
                },
                "500": error(500),
            },
        } }),
    );
    let of_oneself = |operation: &str, answer: Option<Value>| {
        let mut responses = Map::new();
        let (status, content) = match answer {
            Some(schema) => ("200", json!({ "description": "Done.", "content": json_of(schema) })),
            None => ("204", json!({ "description": "Done." })),
        };
        responses.insert(status.to_owned(), content);
        for status in [400, 401, 403, 404, 429, 500, 503, 504] {
            responses.insert(status.to_string(), error(status));
        }
        json!({
            "operationId": operation, "tags": ["Wayfare"], "security": [{ "oauth": [] }],
            "responses": responses,
        })
    };
    paths.insert(
        "/api/v2/tokens/me".to_owned(),
        json!({
            "get": of_oneself("get_tokens_me", Some(of("TokenInfo"))),
            "delete": of_oneself("delete_tokens_me", None),
        }),
    );
    let mut me = of_oneself("get_users_me", Some(of("CurrentUser")));
    me["parameters"] = json!([query("expand")]);
    me["parameters"][0]["schema"] = json!({ "type": "array", "items": { "type": "string" } });
    paths.insert("/api/v2/users/me".to_owned(), json!({ "get": me }));
    let form = json!({ "application/x-www-form-urlencoded": { "schema": of("TokenRequest") } });
    paths.insert(
        "/oauth/token".to_owned(),
        json!({ "post": {
            "operationId": "token", "tags": ["Wayfare"], "security": [],
            "requestBody": { "required": true, "content": form },
            "responses": {
                "200": { "description": "A token.", "content": json_of(of("Token")) },
                "400": error(400), "401": error(401), "408": error(408), "413": error(413),
                "429": error(429), "500": error(500), "503": error(503), "504": error(504),
            },
        } }),
    );
    paths.extend(operators());
    paths.extend(pages());
    paths
}

/// What those who run the server ask it.
fn operators() -> Map<String, Value> {
    let error = |status: u16| json!({ "$ref": format!("#/components/responses/{status}") });
    let json_of = |schema: Value| json!({ "application/json": { "schema": schema } });
    let mut paths = Map::new();
    let health = |operation: &str, well: &str, unwell: &str| {
        json!({ "get": {
            "operationId": operation, "tags": ["Wayfare"], "security": [],
            "responses": {
                "200": { "description": well, "content": json_of(of("Health")) },
                "503": { "description": unwell, "content": json_of(of("Health")) },
                "500": error(500),
            },
        } })
    };
    let ready = health("health", "Requests may be sent here.", "Send requests elsewhere.");
    paths.insert("/health".to_owned(), ready);
    let alive = health("liveness", "The process should go on.", "Only a new start helps.");
    paths.insert("/health/live".to_owned(), alive);
    paths.insert(
        "/metrics".to_owned(),
        json!({ "get": {
            "operationId": "get_metrics", "tags": ["Wayfare"], "security": [{ "oauth": [] }],
            "x-permissions-any-of": ["wayfare:metrics:view"],
            "responses": {
                "200": { "description": "What is measured, see docs/operations.md.", "content": {
                    "application/openmetrics-text": { "schema": { "type": "string" } },
                } },
                "401": error(401), "403": error(403), "429": error(429), "500": error(500),
                "503": error(503), "504": error(504),
            },
        } }),
    );
    paths
}

/// The pages on which people sign in and out.
fn pages() -> Map<String, Value> {
    let answer = |description: &str| {
        json!({ "description": description, "content": {
            "text/html": { "schema": { "type": "string" } },
            "application/json": { "schema": of("ErrorBody") },
        } })
    };
    let page = |operation: &str, description: &str, names: &[&str]| {
        let parameter = |name: &&str| {
            let schema = json!({ "type": "string" });
            json!({ "name": name, "in": "query", "required": false, "schema": schema })
        };
        let parameters: Vec<Value> = names.iter().map(parameter).collect();
        json!({
            "operationId": operation, "tags": ["Wayfare"], "security": [],
            "description": description, "parameters": parameters,
            "responses": {
                "200": answer("A page."),
                "303": { "description": "On to the client." },
                "400": answer("What is wrong with the link."),
                "401": answer("Name or password is not right."),
                "403": answer("The form is not ours."),
                "408": answer("The form did not arrive."),
                "413": answer("The form is too large."),
                "429": answer("Too many wrong passwords."),
                "500": answer("A fault of the server."),
                "503": answer("Not now."),
                "504": answer("Not in time."),
            },
        })
    };
    let wanted = [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "code_challenge",
        "code_challenge_method",
        "login_hint",
    ];
    let mut sign_in = page("sign_in", "Takes the form of the login page.", &wanted);
    let form = json!({ "type": "object", "properties": {
        "form_token": { "type": "string" },
        "name": { "type": "string" },
        "password": { "type": "string" },
    } });
    sign_in["requestBody"] =
        json!({ "content": { "application/x-www-form-urlencoded": { "schema": form } } });
    let show = page("show_sign_in", "The login page.", &wanted);
    let sign_out = page("sign_out", "Ends a sign-in.", &["client_id", "redirect_uri"]);
    let mut pages = Map::new();
    pages.insert("/oauth/authorize".to_owned(), json!({ "get": show, "post": sign_in }));
    pages.insert("/logout".to_owned(), json!({ "get": sign_out }));
    pages
}
