//! The files in `deploy/monitoring` and the table in `docs/operations.md` name what there is.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{Operators, ask, told};
use crate::harness::Process;

fn read(place: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(place);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// The names of metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let is_metric = |word: &&str| word.starts_with("wayfare_") || word.starts_with("process_");
    words.filter(is_metric).map(str::to_owned).collect()
}

/// The names of metrics of the program, as queries use them.
fn there_are() -> BTreeSet<String> {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start_with(data.path(), &["--metrics-listen", "127.0.0.1:0"]);
    let operators = Operators(server.metrics_address.expect("an address"));
    told(ask(&operators, None)).names()
}

/// The expressions of a dashboard.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| expressions(value, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "expr" || name == "query" => {
                        found.push(text.clone());
                    }
                    field => expressions(field, found),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn dashboard_alerts_and_table_name_metrics_that_there_are() {
    let there_are = there_are();
    let check = |place: &str, named: &BTreeSet<String>| {
        assert!(!named.is_empty(), "{place} names no metric");
        let missing: Vec<_> = named.difference(&there_are).collect();
        assert!(missing.is_empty(), "{place} names what there is not: {missing:?}");
    };
    let dashboard = read("deploy/monitoring/grafana-dashboard.json");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let mut found = Vec::new();
    expressions(&dashboard, &mut found);
    let on_dashboard = found.iter().flat_map(|text| named(text)).collect();
    check("the dashboard", &on_dashboard);
    let ids: Vec<_> = dashboard["panels"].as_array().expect("panels").iter().collect();
    let different: BTreeSet<_> = ids.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), different.len(), "panels have different ids");

    let alerts = read("deploy/monitoring/prometheus-alerts.yml");
    let rules = alerts.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    check("the alerts", &rules.flat_map(named).collect());

    // The table names families: a histogram by its name, and everything that there is.
    let of_family = |name: &String| {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|it| name.strip_suffix(it));
        histogram.unwrap_or(name).to_owned()
    };
    let families: BTreeSet<String> = there_are.iter().map(of_family).collect();
    let page = read("docs/operations.md");
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let first_cells: String = rows.iter().filter_map(|row| row.split('|').nth(1)).collect();
    let in_table = named(&first_cells);
    let missing: Vec<_> = families.difference(&in_table).collect();
    assert!(missing.is_empty(), "docs/operations.md has no row for {missing:?}");
    let too_many: Vec<_> = in_table.difference(&families).collect();
    assert!(too_many.is_empty(), "docs/operations.md has rows for what there is not: {too_many:?}");
}

#[test]
fn every_alert_has_a_line_in_the_operators_page() {
    let alerts = read("deploy/monitoring/prometheus-alerts.yml");
    let page = read("docs/operations.md");
    let names = alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let missing: Vec<_> = names.filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "docs/operations.md does not say what to do about {missing:?}");
}
