//! The contract's operations and models as OpenAPI schemas: the part of the API's document that
//! follows from the contract alone. The HTTP room cuts it to what is served and adds the rest.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::contract::Type;
use super::plan::{Field, Operation, Plan, is_served};

/// The file: `operations` by name, `schemas` by the models' names.
pub(crate) fn contract_file(plan: &Plan) -> Result<String> {
    let mut operations = Map::new();
    for found in plan.operations.iter().filter(|operation| is_served(&operation.name)) {
        let described = operation(found).with_context(|| found.name.clone())?;
        operations.insert(found.name.clone(), described);
    }
    let mut schemas = Map::new();
    for model in plan.files.iter().flat_map(|file| &file.models) {
        let property = |field: &Field| (field.wire_name.clone(), field_schema(field));
        let properties: Map<String, Value> = model.fields.iter().map(property).collect();
        let generations = &model.generations;
        let schema =
            json!({ "type": "object", "x-sdk-releases": generations, "properties": properties });
        schemas.insert(model.name.clone(), schema);
    }
    let document = json!({ "operations": operations, "schemas": schemas });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn operation(operation: &Operation) -> Result<Value> {
    let mut parameters = Vec::new();
    let mut described = Map::new();
    for parameter in &operation.parameters {
        let schema = schema(&Type::parse(&parameter.value_type)?);
        if parameter.place == "body" {
            described.insert("body".to_owned(), schema);
            continue;
        }
        parameters.push(json!({
            "name": parameter.name,
            "in": parameter.place,
            "required": parameter.required,
            "schema": schema,
        }));
    }
    described.insert("parameters".to_owned(), Value::Array(parameters));
    if operation.response != "empty" {
        described.insert("response".to_owned(), schema(&Type::parse(&operation.response)?));
    }
    described.insert("x-sdk-releases".to_owned(), json!(operation.generations));
    Ok(Value::Object(described))
}

fn field_schema(field: &Field) -> Value {
    let mut schema = schema(&field.value_type);
    if !field.values.is_empty() {
        let place = if schema["type"] == "array" { &mut schema["items"] } else { &mut schema };
        place["enum"] = json!(field.values);
    }
    schema
}

fn schema(value_type: &Type) -> Value {
    match value_type {
        Type::Text => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer", "format": "int64" }),
        Type::Float => json!({ "type": "number", "format": "double" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::DateTime => json!({ "type": "string", "format": "date-time" }),
        Type::Any => json!({}),
        Type::List(item) => json!({ "type": "array", "items": schema(item) }),
        Type::Dictionary(item) => {
            json!({ "type": "object", "additionalProperties": schema(item) })
        }
        Type::Model(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
    }
}
