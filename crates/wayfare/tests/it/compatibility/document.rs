//! Answers held against the API's own document.

use serde_json::{Map, Value};

use super::examples::Example;
use crate::random_bodies::breaking::resolve;

/// Checks that an answer has all that the document promises, and nothing that it does not name.
pub(super) fn check(example: &Example, document: &Value) {
    let paths = document["paths"].as_object().expect("paths").values();
    let mut operations = paths.filter_map(Value::as_object).flat_map(Map::values);
    let described = operations.find(|operation| operation["operationId"] == example.operation);
    let responses = described.expect("a description")["responses"].as_object().expect("responses");
    let success =
        responses.iter().find(|(status, _)| status.starts_with('2')).expect("a success").1;
    match success["content"].get("application/json") {
        Some(content) => keeps(&example.answer, &content["schema"], document, example.operation),
        None => assert_eq!(example.answer, Value::Null, "{}", example.operation),
    }
}

fn keeps(value: &Value, schema: &Value, document: &Value, place: &str) {
    let schema = resolve(schema, document);
    let is_right = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    assert!(is_right, "{place} is {value}, not {}", schema["type"]);
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().expect("a name");
        assert!(value.get(name).is_some(), "{place}.{name} is missing: {value}");
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place} is {value}, not one of {words:?}");
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let inner = schema["properties"].get(name);
                let inner = inner.unwrap_or(&schema["additionalProperties"]);
                let place = format!("{place}.{name}");
                assert!(inner.is_object(), "{place} is not in the document");
                keeps(field, inner, document, &place);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                keeps(item, &schema["items"], document, &format!("{place}[{number}]"));
            }
        }
        _ => {}
    }
}
