//! The API's own document, in OpenAPI 3.0: the contract cut to what is served, the rules that we
//! check, and our own operations.
//!
//! `contract.json` is generated from the contract (`cargo xtask codegen`); `rules.rs` and `own.rs` are
//! written by hand; this module puts them together. Served at `/api/v2/docs/openapi.json`.

mod answers;
mod own;
mod own_schemas;
mod own_trials;
mod rules;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use wayfare_model::problem::{Problem, ProblemKind};

use crate::problem::{Answer, TABLE};
use crate::router::{Route, served};

/// Where the document is.
pub(crate) const PATH: &str = "/api/v2/docs/openapi.json";
/// What the generator made of the contract.
const CONTRACT: &str = include_str!("contract.json");
/// How a schema is referred to.
const SCHEMA: &str = "#/components/schemas/";

static TEXT: LazyLock<Result<String, serde_json::Error>> =
    LazyLock::new(|| serde_json::to_string(&document()?));

/// Serves the document. It needs no token, as it holds nothing of anybody's.
pub(crate) async fn get_document() -> Answer<Response> {
    let text = TEXT.as_ref().map_err(|error| {
        Problem::new(ProblemKind::Internal, format!("the document cannot be written: {error}"))
    })?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], text.as_str()).into_response())
}

/// The document.
///
/// # Errors
/// When the generated part is no JSON, which a test sees to.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut contract: Value = serde_json::from_str(CONTRACT)?;
    merge(&mut contract["schemas"], rules::schemas());
    merge(&mut contract["schemas"], own_schemas::schemas());
    merge(&mut contract["operations"], rules::operations());
    merge(&mut contract["operations"], own::operations());
    merge(&mut contract["operations"], own::watching());
    let operations = &contract["operations"];
    let mut paths = Map::new();
    for route in served() {
        let described = operation(&route, &operations[route.name]);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = described;
    }
    merge_map(&mut paths, own::paths());
    let mut schemas = contract["schemas"].take();
    allow_null(&mut schemas, &paths);
    let used = reachable(&json!([paths, responses()]), &schemas);
    if let Value::Object(schemas) = &mut schemas {
        schemas.retain(|name, _| used.contains(name));
        schemas.sort_keys();
    }
    paths.sort_keys();
    Ok(json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Wayfare",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The Genesys Cloud Journey API as Wayfare serves it, and what is \
                            Wayfare's own under /api/wayfare/v1/.",
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "Journey", "description": "Of the contract." },
            { "name": "Analytics", "description": "Of the contract." },
            { "name": "Wayfare", "description": "Our own; not part of the Genesys API." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses(),
            "securitySchemes": { "oauth": { "type": "oauth2", "flows": {
                "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": {} },
            } } },
        },
    }))
}

/// Whether an operation is described in the contract or by hand.
#[cfg(test)]
fn is_described(route: &Route) -> Result<bool, serde_json::Error> {
    let mut contract: Value = serde_json::from_str(CONTRACT)?;
    merge(&mut contract["operations"], own::operations());
    merge(&mut contract["operations"], own::watching());
    Ok(contract["operations"][route.name].is_object())
}

fn operation(route: &Route, described: &Value) -> Value {
    let mut parameters = described["parameters"].as_array().cloned().unwrap_or_default();
    for name in names_in(route.path) {
        if parameters.iter().all(|parameter| parameter["name"] != name) {
            let schema = json!({ "type": "string" });
            let path = json!({ "name": name, "in": "path", "required": true, "schema": schema });
            parameters.push(path);
        }
    }
    for parameter in &mut parameters {
        let rule = rules::parameter(parameter["name"].as_str().unwrap_or_default());
        if !rule.is_null() {
            merge(parameter, rule);
        }
    }
    let has_body = described["body"].is_object();
    let mut responses = Map::new();
    let success = described["status"].as_u64().unwrap_or(200).to_string();
    let answer = match &described["response"] {
        Value::Null => json!({ "description": "Done." }),
        schema => {
            let media_type = described["responseType"].as_str().unwrap_or("application/json");
            json!({ "description": "Done.", "content": { media_type: { "schema": schema } } })
        }
    };
    if let Some(status) = described["statusMeanwhile"].as_u64() {
        responses.insert(status.to_string(), answer.clone());
    }
    responses.insert(success, answer);
    for status in error_statuses(route, has_body) {
        let error = json!({ "$ref": format!("#/components/responses/{status}") });
        responses.insert(status.to_string(), error);
    }
    let mut operation = json!({
        "operationId": route.name,
        "tags": [tag(route)],
        "parameters": parameters,
        "responses": responses,
        "security": [],
    });
    if !route.permissions_any_of.is_empty() {
        operation["security"] = json!([{ "oauth": [] }]);
        operation["x-permissions-any-of"] = json!(route.permissions_any_of);
    }
    if !described["x-sdk-releases"].is_null() {
        operation["x-sdk-releases"] = described["x-sdk-releases"].clone();
    }
    if has_body {
        let media_type = described["bodyType"].as_str().unwrap_or("application/json");
        let content = json!({ media_type: { "schema": described["body"] } });
        operation["requestBody"] = json!({ "required": true, "content": content });
    }
    operation
}

fn tag(route: &Route) -> &'static str {
    if route.path.starts_with("/api/wayfare/") {
        "Wayfare"
    } else if route.path.starts_with("/api/v2/analytics/") {
        "Analytics"
    } else {
        "Journey"
    }
}

/// The names in braces of a path.
fn names_in(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn error_statuses(route: &Route, has_body: bool) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::from([400, 404, 405, 429, 500, 503, 504]);
    if !route.permissions_any_of.is_empty() {
        statuses.extend([401, 403]);
    }
    if has_body {
        statuses.extend([408, 413, 415, 422]);
    }
    if route.method != "GET" {
        statuses.insert(409);
    }
    statuses
}

/// The errors by status: all of one shape, each with the codes it may have.
fn responses() -> Value {
    let mut responses = Map::new();
    let statuses: BTreeSet<u16> = TABLE.iter().map(|row| row.status.as_u16()).collect();
    for status in statuses {
        let rows = TABLE.iter().filter(|row| row.status.as_u16() == status);
        let text = |row: &crate::problem::Row| format!("`{}`: {}", row.kind.code(), row.meaning);
        let description: Vec<String> = rows.map(text).collect();
        let schema = json!({ "$ref": format!("{SCHEMA}ErrorBody") });
        let content = json!({ "application/json": { "schema": schema } });
        let response = json!({ "description": description.join(" "), "content": content });
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

/// In a body, `null` is the same as absent (or clears what is stored). Models that answers use too
/// are left as they are: answers have no nulls.
fn allow_null(schemas: &mut Value, paths: &Map<String, Value>) {
    let mut bodies = Vec::new();
    let mut answers = vec![responses()];
    for operation in paths.values().filter_map(Value::as_object).flat_map(Map::values) {
        bodies.push(operation["requestBody"].clone());
        answers.push(operation["responses"].clone());
    }
    let of_bodies = reachable(&Value::Array(bodies), schemas);
    let of_answers = reachable(&Value::Array(answers), schemas);
    for name in of_bodies.difference(&of_answers) {
        let required = schemas[name]["required"].as_array().cloned().unwrap_or_default();
        let Some(properties) = schemas[name]["properties"].as_object_mut() else { continue };
        for (name, property) in properties {
            if !required.iter().any(|required| required == name) {
                let schema = property.take();
                *property = nullable(schema);
            }
        }
    }
}

fn nullable(mut schema: Value) -> Value {
    if schema.get("$ref").is_some() {
        return json!({ "allOf": [schema], "nullable": true });
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.push(Value::Null);
    }
    schema["nullable"] = json!(true);
    schema
}

/// The names of the schemas that a part of the document leads to.
fn reachable(part: &Value, schemas: &Value) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![part];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                let name = fields.get("$ref").and_then(Value::as_str);
                if let Some(name) = name.and_then(|text| text.strip_prefix(SCHEMA))
                    && reached.insert(name.to_owned())
                {
                    open.push(&schemas[name]);
                }
                open.extend(fields.values());
            }
            Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    reached
}

/// Puts one value over another (RFC 7396, without the removing).
fn merge(value: &mut Value, over: Value) {
    match (value, over) {
        (Value::Object(fields), Value::Object(over)) => merge_map(fields, over),
        (value, over) => *value = over,
    }
}

fn merge_map(fields: &mut Map<String, Value>, over: Map<String, Value>) {
    for (name, over) in over {
        merge(fields.entry(name).or_insert(Value::Null), over);
    }
}

#[cfg(test)]
mod tests;
