//! The fields of bodies and answers by the contract of one generation, as paths: `entities[].id`,
//! `attributes.*.value`.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// The contract of one generation.
pub(super) struct Contract {
    /// The release of the Python SDK.
    pub(super) generation: u16,
    document: Value,
}

/// A field.
pub(super) struct Field {
    /// Its path.
    pub(super) path: String,
    /// Whether it holds an object or a list.
    pub(super) is_composite: bool,
}

/// The contracts, oldest first.
pub(super) fn contracts() -> Vec<Contract> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract");
    let read = |generation: u16| {
        let text = std::fs::read_to_string(folder.join(format!("sdk-{generation}.json")));
        let document = serde_json::from_str(&text.expect("a contract")).expect("JSON");
        Contract { generation, document }
    };
    [102, 108, 269].map(read).into()
}

impl Contract {
    fn operation(&self, name: &str) -> Option<&Value> {
        let operations = self.document["operations"].as_array().expect("operations");
        operations.iter().find(|operation| operation["operation"] == name)
    }

    /// The fields of an operation's answer; none when this generation does not have the operation or
    /// its answer is empty.
    pub(super) fn answer_fields(&self, operation: &str) -> Option<Vec<Field>> {
        let response = self.operation(operation)?["response"].as_str()?;
        (response != "empty").then(|| self.fields(response))
    }

    /// The parameters of an operation's query; none when this generation does not have the operation.
    pub(super) fn query_parameters(&self, operation: &str) -> Vec<String> {
        let found = self.operation(operation);
        let all = found.and_then(|operation| operation["parameters"].as_array());
        let in_query = all.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
        in_query.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// The fields of an operation's body; none when it has none.
    pub(super) fn body_fields(&self, operation: &str) -> Option<Vec<Field>> {
        let parameters = self.operation(operation)?["parameters"].as_array()?;
        let body = parameters.iter().find(|parameter| parameter["in"] == "body")?;
        Some(self.fields(body["type"].as_str()?))
    }

    fn fields(&self, value_type: &str) -> Vec<Field> {
        let mut fields = Vec::new();
        self.collect(value_type, "", &mut Vec::new(), &mut fields);
        fields
    }

    fn collect<'a>(
        &'a self,
        value_type: &'a str,
        path: &str,
        within: &mut Vec<&'a str>,
        fields: &mut Vec<Field>,
    ) {
        if let Some(item) = inside(value_type, "list[", "]") {
            return self.collect(item, &format!("{path}[]"), within, fields);
        }
        if let Some(item) = inside(value_type, "dict(str, ", ")") {
            return self.collect(item, &format!("{path}.*"), within, fields);
        }
        let Some(model) = self.document["models"][value_type].as_object() else { return };
        if within.contains(&value_type) {
            return;
        }
        within.push(value_type);
        for (name, field) in model {
            let dot = if path.is_empty() { "" } else { "." };
            let path = format!("{path}{dot}{name}");
            let field_type = field["type"].as_str().expect("a type");
            let is_model = self.document["models"][field_type].is_object();
            let is_composite =
                is_model || field_type.starts_with(['l']) || field_type.contains('(');
            fields.push(Field { path: path.clone(), is_composite });
            self.collect(field_type, &path, within, fields);
        }
        within.pop();
    }
}

fn inside<'text>(text: &'text str, before: &str, after: &str) -> Option<&'text str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

/// The paths in a value. Names in dictionaries are not known here: each object's fields count both
/// under their names and as `*`.
pub(super) fn seen(value: &Value, path: &str, paths: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                for name in [name.as_str(), "*"] {
                    let path = format!("{path}{dot}{name}");
                    paths.insert(path.clone());
                    if !path.contains("*.*") {
                        seen(field, &path, paths);
                    }
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                seen(item, &format!("{path}[]"), paths);
            }
        }
        _ => {}
    }
}
