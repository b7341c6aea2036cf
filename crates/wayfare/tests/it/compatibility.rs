//! `docs/api-compatibility.md`, written from what a server was seen to do: the contract of each SDK
//! generation says which fields there are, the server's answers say which of them are there.
//!
//! `cargo xtask docs` writes the page; the test fails when it is stale.

mod document;
mod examples;
mod fields;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use expect_test::expect_file;
use serde_json::{Value, json};
use wayfare_http::router::served;
use wayfare_model::operation::{ALL, OperationInfo};

use self::examples::{Example, examples};
use self::fields::{Contract, Field, contracts, seen};
use crate::harness::{TestClient, TestServer};

/// What is written by hand: what the page is, and where the documents leave room.
const PREFACE: &str = include_str!("compatibility/preface.md");
const ROOM: &str = include_str!("compatibility/room.md");
const OWN: &str = include_str!("compatibility/own.md");

/// The generations, with the heads of their columns.
const GENERATIONS: [(u16, &str); 3] = [(102, "2020"), (108, "2021"), (269, "today")];

/// What a parameter needs beside it to be of use.
const WITH_IT: &str = "&queryFields=displayName";

/// A word for each generation that has the field.
type Row = BTreeMap<u16, &'static str>;

#[test]
fn the_page_is_fresh() {
    let server = TestServer::start_with_geolocation();
    let client = server.client();
    let contracts = contracts();
    let names: BTreeSet<&str> = served().iter().map(|route| route.name).collect();
    let described = wayfare_http::openapi::document().expect("the document");
    let mut page = PREFACE.to_owned();
    push_operations(&mut page, &names);
    let mut by_name: BTreeMap<&str, Vec<Example>> = BTreeMap::new();
    for example in examples(&server, &client) {
        document::check(&example, &described);
        by_name.entry(example.operation).or_default().push(example);
    }
    page.push_str("\n## Fields\n");
    for operation in ALL.iter().filter(|operation| names.contains(operation.name)) {
        let examples = by_name.get(operation.name).map_or(&[][..], Vec::as_slice);
        assert!(!examples.is_empty(), "an example of {}", operation.name);
        let _ = writeln!(page, "\n### {} {}", operation.method, operation.path);
        let parameters = parameter_rows(&client, operation, &contracts, examples);
        let request = request_rows(&client, operation, &contracts, examples);
        let answer = answer_rows(operation, &contracts, examples);
        if parameters.is_empty() && request.is_empty() && answer.is_empty() {
            page.push_str("Neither query nor body nor answer has fields.\n");
        }
        push_table(&mut page, "in the query", &parameters);
        push_table(&mut page, "in the body", &request);
        push_table(&mut page, "in the answer", &answer);
    }
    page.push('\n');
    page.push_str(ROOM);
    push_own(&mut page);
    expect_file!["../../../../docs/api-compatibility.md"].assert_eq(&page);
}

fn push_operations(page: &mut String, served: &BTreeSet<&str>) {
    page.push_str("\n## Operations\n| operation | 2020 | 2021 | today |\n|---|---|---|---|\n");
    for operation in ALL {
        let word = |(generation, _): (u16, &str)| {
            let is_there = operation.generations.contains(&generation);
            match (is_there, served.contains(operation.name)) {
                (true, true) => "served",
                (true, false) => "absent",
                (false, _) => "",
            }
        };
        let [first, second, third] = GENERATIONS.map(word);
        let OperationInfo { method, path, .. } = operation;
        let _ = writeln!(page, "| `{method} {path}` | {first} | {second} | {third} |");
    }
}

fn push_table(page: &mut String, head: &str, rows: &BTreeMap<String, Row>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n| {head} | 2020 | 2021 | today |\n|---|---|---|---|");
    for (field, row) in rows {
        let words = GENERATIONS.map(|(number, _)| row.get(&number).copied().unwrap_or(""));
        let _ = writeln!(page, "| `{field}` | {} |", words.join(" | "));
    }
}

fn push_own(page: &mut String) {
    page.push_str(OWN);
    page.push_str("\n| operation | name |\n|---|---|\n");
    for route in served().iter().filter(|route| route.path.starts_with("/api/wayfare/")) {
        let _ = writeln!(page, "| `{} {}` | `{}` |", route.method, route.path, route.name);
    }
}

/// A parameter of a query is read when a value that cannot be right is refused, and ignored when it
/// changes nothing.
fn parameter_rows(
    client: &TestClient<'_>,
    operation: &OperationInfo,
    contracts: &[Contract],
    examples: &[Example],
) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for contract in contracts {
        for name in contract.query_parameters(operation.name) {
            let path = examples[0].path.split('?').next().unwrap_or_default();
            let answer = client.get(&format!("{path}?{name}=%01%7F{WITH_IT}"));
            let word = match answer.status {
                400 => "read",
                200 => {
                    let without = client.get(&format!("{path}?{}", &WITH_IT[1..]));
                    let is_same = answer.json["entities"] == without.json["entities"];
                    if is_same { "ignored" } else { "read" }
                }
                status => panic!("{} with {name}: {status}", operation.name),
            };
            rows.entry(name).or_default().insert(contract.generation, word);
        }
    }
    rows
}

/// A field of an answer is served when any example has it.
fn answer_rows(
    operation: &OperationInfo,
    contracts: &[Contract],
    examples: &[Example],
) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for contract in contracts {
        let Some(fields) = contract.answer_fields(operation.name) else { continue };
        let mut there = BTreeSet::new();
        for example in examples {
            seen(&example.answer, "", &mut there);
        }
        for field in fields {
            let word = if there.contains(&field.path) { "served" } else { "absent" };
            rows.entry(field.path).or_default().insert(contract.generation, word);
        }
    }
    rows
}

/// A field of a body is read when a value of a wrong type is refused with its name; ignored when any
/// value is taken.
fn request_rows(
    client: &TestClient<'_>,
    operation: &OperationInfo,
    contracts: &[Contract],
    examples: &[Example],
) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut words: BTreeMap<String, &'static str> = BTreeMap::new();
    for contract in contracts {
        let Some(fields) = contract.body_fields(operation.name) else { continue };
        let example = examples.iter().find(|example| !example.body.is_null());
        let example = example.unwrap_or_else(|| panic!("a body of {}", operation.name));
        for field in fields {
            let word = *words.entry(field.path.clone()).or_insert_with(|| {
                if is_read(client, example, &field) { "read" } else { "ignored" }
            });
            rows.entry(field.path).or_default().insert(contract.generation, word);
        }
    }
    rows
}

fn is_read(client: &TestClient<'_>, example: &Example, field: &Field) -> bool {
    let mut body = example.body.clone();
    let wrong = if field.is_composite { json!(5) } else { json!({ "wrong": [] }) };
    put(&mut body, &field.path, wrong);
    let answer = client.send_text(&example.method, &example.path, &body.to_string());
    assert!(answer.status < 500, "{}: {}", field.path, answer.json);
    let details = answer.json["details"].as_array();
    let named = details.is_some_and(|details| {
        let plain = |name: &str| name.replace("[0]", "[]").replace(".name.", ".*.");
        let is_it = |name: &str| !name.is_empty() && field.path.contains(&plain(name));
        details.iter().filter_map(|detail| detail["fieldName"].as_str()).any(is_it)
    });
    let is_refused = answer.status >= 400;
    assert!(!is_refused || named, "{} of {}: {}", field.path, example.operation, answer.json);
    is_refused
}

/// Puts a value at a path of the page's notation, into the first item of each list and under the name
/// `name` of each dictionary.
fn put(body: &mut Value, path: &str, value: Value) {
    let mut place = body;
    for step in path.split('.') {
        let name = step.trim_end_matches("[]");
        if !name.is_empty() {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[if name == "*" { "name" } else { name }];
        }
        for _ in 0..step.matches("[]").count() {
            if place.as_array().is_none_or(Vec::is_empty) {
                *place = json!([{}]);
            }
            place = &mut place[0];
        }
    }
    *place = value;
}
