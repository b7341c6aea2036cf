//! Rust text from the plan. The text is correct; rustfmt makes it pretty afterwards.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::contract::{GENERATIONS, Type};
use super::names;
use super::plan::{Field, Model, Operation, Plan, Vocabulary};

const MARK: &str = "// Generated from contract/ by `cargo xtask codegen`. Do not edit.\n\n";
const MODULE_PAGE: &str = include_str!("templates/wire.rs.txt");
const VOCABULARY_PAGE: &str = include_str!("templates/vocabulary.rs.txt");
const OPERATION_PAGE: &str = include_str!("templates/operation.rs.txt");

/// The files of the wire folder, by name.
pub(crate) fn wire_files(plan: &Plan) -> Vec<(String, String)> {
    let mut files = vec![
        ("mod.rs".to_owned(), module_file(plan)),
        ("vocabulary.rs".to_owned(), vocabulary_file(&plan.vocabularies)),
    ];
    for file in &plan.files {
        let mut models = String::new();
        for model in &file.models {
            push_model(&mut models, model);
        }
        let mut text = format!("{MARK}//! {}\n\n", file.about);
        if models.contains("BTreeMap<") {
            text.push_str("use std::collections::BTreeMap;\n\n");
        }
        text.push_str("use serde::{Deserialize, Serialize};\n\n");
        if models.contains("Patch<") {
            text.push_str("use crate::patch::Patch;\n\n");
        }
        let own: BTreeSet<&str> = file.models.iter().map(|model| &*model.name).collect();
        let foreign: BTreeSet<&str> = file
            .models
            .iter()
            .flat_map(|model| &model.fields)
            .filter_map(|field| field.value_type.model())
            .filter(|name| !own.contains(name))
            .collect();
        if !foreign.is_empty() {
            let names: Vec<&str> = foreign.into_iter().collect();
            let _ = writeln!(text, "use super::{{{}}};\n", names.join(", "));
        }
        text.push_str(&models);
        files.push((format!("{}.rs", file.name), text));
    }
    files
}

fn module_file(plan: &Plan) -> String {
    let mut text = format!("{MARK}{MODULE_PAGE}\n");
    for file in &plan.files {
        let _ = writeln!(text, "mod {};", file.name);
    }
    text.push_str("mod vocabulary;\n\n");
    for file in &plan.files {
        let _ = writeln!(text, "pub use {}::*;", file.name);
    }
    text.push_str("pub use vocabulary::*;\n\n#[cfg(test)]\nmod tests;\n");
    text
}

fn push_model(text: &mut String, model: &Model) {
    let _ = writeln!(text, "/// `{}` ({}).", model.name, sdk_releases(&model.generations));
    text.push_str("#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]\n");
    text.push_str("#[serde(rename_all = \"camelCase\")]\n");
    let _ = writeln!(text, "pub struct {} {{", model.name);
    for field in &model.fields {
        push_field(text, model, field);
    }
    text.push_str("}\n\n");
}

fn push_field(text: &mut String, model: &Model, field: &Field) {
    let _ = write!(text, "/// `{}`", field.wire_name);
    if let Some(vocabulary) = &field.vocabulary {
        let _ = write!(text, ", a [`{vocabulary}`](super::{vocabulary})");
    }
    if field.value_type == Type::DateTime {
        text.push_str(", a date and time in RFC 3339");
    }
    if field.tells_null {
        text.push_str("; an explicit `null` is not an absent field");
    }
    if field.generations != model.generations {
        let _ = write!(text, " ({})", sdk_releases(&field.generations));
    }
    text.push_str(".\n");

    let name = names::field_name(&field.wire_name);
    text.push_str("#[serde(");
    if names::serde_camel_case(&name) != field.wire_name || name.ends_with('_') {
        let _ = write!(text, "rename = \"{}\", ", field.wire_name);
    }
    let rust_type = rust_type(&field.value_type);
    if field.tells_null {
        text.push_str("default, skip_serializing_if = \"Patch::is_absent\")]\n");
        let _ = writeln!(text, "pub {name}: Patch<{rust_type}>,");
    } else {
        text.push_str("skip_serializing_if = \"Option::is_none\")]\n");
        let _ = writeln!(text, "pub {name}: Option<{rust_type}>,");
    }
}

fn rust_type(value_type: &Type) -> String {
    match value_type {
        // A date stays text: reading and writing it is the business of the domain.
        Type::Text | Type::DateTime => "String".to_owned(),
        Type::Integer => "i64".to_owned(),
        Type::Float => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Any => "serde_json::Value".to_owned(),
        Type::List(item) => format!("Vec<{}>", rust_type(item)),
        Type::Dictionary(item) => format!("BTreeMap<String, {}>", rust_type(item)),
        Type::Model(name) => name.clone(),
    }
}

fn vocabulary_file(vocabularies: &[Vocabulary]) -> String {
    let mut text = format!("{MARK}{VOCABULARY_PAGE}\n");
    for vocabulary in vocabularies {
        let users: Vec<String> =
            vocabulary.used_by.iter().map(|user| format!("`{user}`")).collect();
        let _ = writeln!(text, "vocabulary! {{\n    /// Values of {}.", users.join(", "));
        let _ = writeln!(text, "    {} {{", vocabulary.name);
        for value in &vocabulary.values {
            let _ = writeln!(text, "        {} = \"{value}\",", names::pascal_case(value));
        }
        text.push_str("    }\n}\n\n");
    }
    text
}

/// `operation.rs`: the trait, one unit struct per operation, and the tables.
pub(crate) fn operation_file(plan: &Plan) -> String {
    let mut text = format!("{MARK}{OPERATION_PAGE}\noperations! {{");
    let mut group = String::new();
    for operation in &plan.operations {
        let next = group_of(&operation.path);
        if next != group {
            let _ = writeln!(text, "\n    // {next}");
            group = next;
        }
        push_operation(&mut text, operation);
    }
    text.push_str("}\n\n");
    let permissions: BTreeSet<&String> =
        plan.operations.iter().flat_map(|operation| &operation.permissions_any_of).collect();
    text.push_str("/// Every permission that some operation asks for, sorted.\n");
    text.push_str("pub const KNOWN_PERMISSIONS: &[&str] = &[\n");
    for permission in permissions {
        let _ = writeln!(text, "\"{permission}\",");
    }
    text.push_str("];\n");
    text
}

fn push_operation(text: &mut String, operation: &Operation) {
    let permissions: Vec<String> =
        operation.permissions_any_of.iter().map(|name| format!("{name:?}")).collect();
    let generations: Vec<String> = operation.generations.iter().map(ToString::to_string).collect();
    // The macro call is laid out here, because rustfmt leaves it alone.
    let _ = writeln!(text, "    {} {{", names::pascal_case(&operation.name));
    let _ = writeln!(text, "        {:?},", operation.name);
    let _ = writeln!(text, "        {:?}, {:?},", operation.method, operation.path);
    let permissions = permissions.join(", ");
    let _ = writeln!(text, "        [{permissions}], [{}],\n    }}", generations.join(", "));
}

/// The nouns a path starts with: `/api/v2/journey/segments/{segmentId}` -> `journey/segments`.
fn group_of(path: &str) -> String {
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').take(2).collect();
    parts.join("/")
}

/// `SDK 108, 269`; all of them together are `every SDK`.
fn sdk_releases(generations: &BTreeSet<u16>) -> String {
    if generations.is_empty() {
        return "ours".to_owned();
    }
    if generations.len() == GENERATIONS.len() {
        return "every SDK".to_owned();
    }
    let numbers: Vec<String> = generations.iter().map(ToString::to_string).collect();
    format!("SDK {}", numbers.join(", "))
}
