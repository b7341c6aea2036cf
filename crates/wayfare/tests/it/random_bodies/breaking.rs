//! All the ways to break a body in one place, by its schema.

use serde_json::{Value, json};

/// What is done to the place.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Put(Value),
    Remove(String),
}

/// One way to break a body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Breaking {
    /// The place as an error names it.
    pub(super) place: String,
    /// The value that is changed, as a JSON pointer.
    pointer: String,
    change: Change,
}

impl Breaking {
    /// The way in few words, the same for every item of a list.
    pub(super) fn kind(&self) -> String {
        let place: String = self.place.chars().filter(|letter| !letter.is_ascii_digit()).collect();
        match &self.change {
            Change::Remove(_) => format!("{place} removed"),
            Change::Put(Value::String(text)) if text.len() > 40 => format!("{place} = a long text"),
            Change::Put(Value::Array(items)) if items.len() > 1 => format!("{place} = a long list"),
            Change::Put(value) => format!("{place} = {value}"),
        }
    }

    /// Breaks a body.
    pub(super) fn apply(&self, body: &mut Value) {
        let value = body.pointer_mut(&self.pointer).expect("the place");
        match &self.change {
            Change::Put(other) => *value = other.clone(),
            Change::Remove(name) => {
                value.as_object_mut().expect("an object").shift_remove(name);
            }
        }
    }
}

/// The schema that a reference leads to.
pub(crate) fn resolve<'document>(
    schema: &'document Value,
    document: &'document Value,
) -> &'document Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference {
        Some(reference) => document.pointer(&reference[1..]).expect("a schema"),
        None => schema,
    }
}

/// All ways to break a body.
pub(super) fn breakings(body: &Value, schema: &Value, document: &Value) -> Vec<Breaking> {
    let mut all = Vec::new();
    let root = Place { name: String::new(), pointer: String::new(), may_be_null: false };
    collect(body, schema, document, &root, &mut all);
    all
}

struct Place {
    name: String,
    pointer: String,
    may_be_null: bool,
}

impl Place {
    fn field(&self, name: &str, may_be_null: bool) -> Self {
        let dot = if self.name.is_empty() { "" } else { "." };
        Self {
            name: format!("{}{dot}{name}", self.name),
            pointer: format!("{}/{name}", self.pointer),
            may_be_null,
        }
    }

    fn item(&self, number: usize) -> Self {
        Self {
            name: format!("{}[{number}]", self.name),
            pointer: format!("{}/{number}", self.pointer),
            may_be_null: false,
        }
    }
}

fn collect(
    value: &Value,
    schema: &Value,
    document: &Value,
    place: &Place,
    all: &mut Vec<Breaking>,
) {
    let may_be_null = place.may_be_null || schema["nullable"] == true;
    let schema = resolve(schema, document);
    let mut puts = wrong_types(value);
    if !may_be_null {
        puts.push(Value::Null);
    }
    puts.extend(out_of_bounds(value, schema));
    all.extend(puts.into_iter().map(|put| Breaking {
        place: place.name.clone(),
        pointer: place.pointer.clone(),
        change: Change::Put(put),
    }));
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let required = schema["required"].as_array();
                let is_required =
                    required.is_some_and(|names| names.iter().any(|required| required == name));
                let inner = place.field(name, !is_required);
                if is_required {
                    all.push(Breaking {
                        place: inner.name.clone(),
                        pointer: place.pointer.clone(),
                        change: Change::Remove(name.clone()),
                    });
                }
                let of_field = match schema["properties"].get(name) {
                    Some(schema) => schema,
                    None => &schema["additionalProperties"],
                };
                assert!(of_field.is_object(), "{} is not in the document", inner.name);
                collect(field, of_field, document, &inner, all);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, &schema["items"], document, &place.item(number), all);
            }
        }
        _ => {}
    }
}

/// Values of every other type.
fn wrong_types(value: &Value) -> Vec<Value> {
    let others = [json!(5), json!(true), json!("x"), json!([]), json!({}), json!([1])];
    let kind = std::mem::discriminant(value);
    let is_other = |other: &Value| std::mem::discriminant(other) != kind;
    others.into_iter().filter(is_other).collect()
}

/// Values of the right type that the schema does not allow.
fn out_of_bounds(value: &Value, schema: &Value) -> Vec<Value> {
    let mut puts = Vec::new();
    match value {
        Value::String(_) => {
            if let Some(words) = schema["enum"].as_array() {
                let unknown = [json!("nothing"), json!("")];
                puts.extend(unknown.into_iter().filter(|word| !words.contains(word)));
            }
            if schema["pattern"].is_string() {
                puts.push(json!("no such\u{1}thing"));
            }
            match schema["format"].as_str() {
                Some("uuid") => puts.extend([json!("x"), json!("5b54f354-8858-5361-8b77")]),
                Some("date-time") => {
                    puts.extend([json!("yesterday"), json!("2026-13-01T00:00:00Z")])
                }
                Some("uri") => puts.push(json!("no url")),
                _ => {}
            }
            if let Some(most) = schema["maxLength"].as_u64() {
                puts.push(json!("a".repeat(usize::try_from(most).unwrap_or(0) + 1)));
            }
            if schema["minLength"].as_u64() == Some(1) {
                puts.push(json!(""));
            }
        }
        Value::Number(_) => {
            if let Some(least) = schema["minimum"].as_i64() {
                puts.extend([json!(least - 1), json!(i64::MIN)]);
            }
            if let Some(most) = schema["maximum"].as_i64() {
                puts.extend([json!(most + 1), json!(i64::MAX)]);
            }
            if schema["type"] == "integer" {
                puts.extend([json!(1.5), json!(1e30), json!(u64::MAX)]);
            }
        }
        Value::Array(items) => {
            let item = items.first().cloned();
            let most = schema["maxItems"].as_u64().and_then(|most| usize::try_from(most).ok());
            if let Some((most, item)) = most.zip(item) {
                puts.push(Value::Array(vec![item; most + 1]));
            }
            if schema["minItems"].as_u64() == Some(1) {
                puts.push(json!([]));
            }
        }
        Value::Object(_) if schema["minProperties"] == 1 => puts.push(json!({})),
        _ => {}
    }
    puts
}
