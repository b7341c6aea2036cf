//! How far we agree with other programs on the same real events, and with the events' own fields.
//! `docs/normalisation.md` explains each kind of difference below.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use expect_test::{Expect, expect};
use flate2::read::GzDecoder;
use serde_json::Value;

use super::{UserAgentParser, campaign, page_parts, referrer};

pub(super) fn test_file(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../../testdata", name].iter().collect()
}

fn lines(name: &str) -> impl Iterator<Item = String> {
    let path = test_file(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(GzDecoder::new(file)).lines().map(Result::unwrap)
}

pub(super) fn events(name: &str) -> impl Iterator<Item = Value> {
    lines(name).map(|line| serde_json::from_str(&line).unwrap())
}

/// The rows of the second opinion, by column, in the order of the events.
fn oracle() -> Vec<BTreeMap<String, String>> {
    let mut rows = lines("semicomplete/semicomplete-oracle.csv.gz");
    let header = fields(&rows.next().unwrap());
    rows.map(|row| header.iter().cloned().zip(fields(&row)).collect()).collect()
}

/// The fields of a CSV row; `""` inside a quoted field is a quote.
fn fields(row: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut characters = row.chars().peekable();
    while let Some(character) = characters.next() {
        let field = fields.last_mut().unwrap();
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => field.push(other),
        }
    }
    fields
}

/// Counts agreements and disagreements by column.
#[derive(Default)]
struct Agreement {
    columns: BTreeMap<&'static str, Column>,
}

#[derive(Default)]
struct Column {
    compared: usize,
    /// Rows by theirs and ours.
    differences: BTreeMap<(String, String), usize>,
}

impl Agreement {
    fn compare(&mut self, column: &'static str, theirs: &str, ours: &str) {
        let column = self.columns.entry(column).or_default();
        column.compared += 1;
        if theirs != ours {
            *column.differences.entry((theirs.to_owned(), ours.to_owned())).or_default() += 1;
        }
    }

    /// Per column the values that differ, then each kind of difference, theirs first.
    fn check(&self, expected: &Expect) {
        let mut table = String::new();
        for (name, Column { compared, differences }) in &self.columns {
            let different: usize = differences.values().sum();
            let share = 100.0 * (compared - different) as f64 / *compared as f64;
            writeln!(table, "{name}: {different} of {compared} differ, {share:.2} % agree")
                .unwrap();
            let mut kinds: Vec<_> = differences.iter().collect();
            kinds.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
            for ((theirs, ours), rows) in kinds {
                writeln!(table, "    {rows:4} {theirs:?} -> {ours:?}").unwrap();
            }
        }
        expected.assert_eq(&table);
    }
}

/// What no program knows stands as nothing in the second opinion.
fn known(field: Option<&String>) -> &str {
    field.map_or("", |name| if name == "Other" { "" } else { name })
}

fn text(field: Option<&String>) -> &str {
    field.map_or("", String::as_str)
}

fn numbers(version: &str, count: usize) -> String {
    version.split('.').take(count).collect::<Vec<_>>().join(".")
}

#[test]
fn second_opinion_on_user_agents() {
    let parser = UserAgentParser::default();
    let mut agreement = Agreement::default();
    for (event, theirs) in events("semicomplete/semicomplete-web.ndjson.gz").zip(oracle()) {
        assert_eq!(event["seq"].to_string(), theirs["seq"]);
        let ours = parser.parse(event["userAgentString"].as_str().unwrap_or_default());
        let (browser, device) = (&ours.browser, &ours.device);
        let version = text(browser.version.as_ref());
        let category = device.category.map_or("", |category| match category.as_str() {
            "other" => "",
            word => word,
        });
        let mut compare = |column, ours: &str| agreement.compare(column, &theirs[column], ours);
        compare("browser_family", known(browser.family.as_ref()));
        compare("browser_version", &numbers(version, 3));
        compare("os_family", known(device.os_family.as_ref()));
        compare("os_version", &numbers(text(device.os_version.as_ref()), 2));
        compare("device_family", known(device.device_type.as_ref()));
        compare("device_category", category);
        let theirs = numbers(&theirs["browser_version"], 1);
        agreement.compare("browser major", &theirs, &numbers(version, 1));
    }
    agreement.check(&expect![[r#"
        browser major: 0 of 4193 differ, 100.00 % agree
        browser_family: 0 of 4193 differ, 100.00 % agree
        browser_version: 0 of 4193 differ, 100.00 % agree
        device_category: 187 of 4193 differ, 95.54 % agree
             159 "" -> "desktop"
              15 "desktop" -> ""
              11 "mobile" -> ""
               2 "" -> "mobile"
        device_family: 0 of 4193 differ, 100.00 % agree
        os_family: 0 of 4193 differ, 100.00 % agree
        os_version: 0 of 4193 differ, 100.00 % agree
    "#]]);
}

#[test]
fn second_opinion_on_referrers_and_campaigns() {
    let mut agreement = Agreement::default();
    for (event, theirs) in events("semicomplete/semicomplete-web.ndjson.gz").zip(oracle()) {
        let page = page_parts(event["page"]["url"].as_str().unwrap()).unwrap();
        let campaign = campaign(page.query_string.as_deref());
        let url = event["referrerUrl"].as_str().unwrap_or_default();
        let referrer = referrer(url, Some(&page), campaign.as_ref());
        let medium = referrer.as_ref().and_then(|referrer| referrer.medium);
        let referrer = referrer.unwrap_or_default();
        let campaign = campaign.unwrap_or_default();
        let mut compare = |column, ours: &str| agreement.compare(column, &theirs[column], ours);
        compare("referrer_medium", medium.map_or("", |medium| medium.as_str()));
        compare("referrer_name", text(referrer.name.as_ref()));
        compare("referrer_term", text(referrer.keywords.as_ref()));
        compare("utm_source", text(campaign.source.as_ref()));
        compare("utm_medium", text(campaign.medium.as_ref()));
        compare("utm_campaign", text(campaign.name.as_ref()));
    }
    agreement.check(&expect![[r#"
        referrer_medium: 0 of 4193 differ, 100.00 % agree
        referrer_name: 18 of 4193 differ, 99.57 % agree
              14 "DuckDuckGoL" -> "DuckDuckGo"
               4 "Google" -> "Google Images"
        referrer_term: 0 of 4193 differ, 100.00 % agree
        utm_campaign: 0 of 4193 differ, 100.00 % agree
        utm_medium: 0 of 4193 differ, 100.00 % agree
        utm_source: 0 of 4193 differ, 100.00 % agree
    "#]]);
}

#[test]
fn pages_of_the_event_files() {
    let mut agreement = Agreement::default();
    for file in ["semicomplete/semicomplete-web.ndjson.gz", "ecom/ecom-web.ndjson.gz"] {
        for event in events(file) {
            let theirs = &event["page"];
            let ours = page_parts(theirs["url"].as_str().unwrap()).unwrap();
            agreement.compare("hostname", theirs["hostname"].as_str().unwrap(), &ours.hostname);
            agreement.compare("pathname", theirs["pathname"].as_str().unwrap(), &ours.pathname);
        }
    }
    agreement.check(&expect![[r#"
        hostname: 0 of 35299 differ, 100.00 % agree
        pathname: 1 of 35299 differ, 100.00 % agree
               1 "" -> "//favicon.ico"
    "#]]);
}

#[test]
fn device_categories_of_2026() {
    let parser = UserAgentParser::default();
    let mut agreement = Agreement::default();
    for agent in events("user-agent/modern-user-agents.ndjson.gz") {
        let ours = parser.parse(agent["userAgent"].as_str().unwrap());
        let category = ours.device.category.unwrap();
        agreement.compare(
            "device_category",
            agent["deviceCategory"].as_str().unwrap(),
            category.as_str(),
        );
    }
    agreement.check(&expect![[r#"
        device_category: 0 of 952 differ, 100.00 % agree
    "#]]);
}

/// What the cases call a kind of referrer, in the contract's words; it has none for `local`, a
/// directory of shops.
fn medium_of_case(kind: &str) -> Option<&str> {
    match kind {
        "direct" => Some(""),
        "link" => Some("unknown"),
        "ad" => Some("paid"),
        "local" => None,
        other => Some(other),
    }
}

#[test]
fn referrer_cases() {
    let cases: Vec<Value> =
        serde_json::from_str(&lines("referrer/inbound-referrer-cases.json.gz").collect::<String>())
            .unwrap();
    let mut agreement = Agreement::default();
    for case in cases {
        let page = page_parts(case["url"].as_str().unwrap_or_default()).ok();
        let campaign = campaign(page.as_ref().and_then(|page| page.query_string.as_deref()));
        let url = case["referrer"].as_str().unwrap_or_default();
        let referrer = referrer(url, page.as_ref(), campaign.as_ref());
        let medium = referrer.as_ref().and_then(|referrer| referrer.medium);
        let campaign = campaign.unwrap_or_default();
        let theirs = |part: &str, field: &str| case["result"][part][field].as_str().unwrap_or("");
        if let Some(kind) = medium_of_case(theirs("referrer", "type")) {
            agreement.compare("medium", kind, medium.map_or("", |medium| medium.as_str()));
        }
        let keywords = referrer.and_then(|referrer| referrer.keywords);
        agreement.compare("query", theirs("referrer", "query"), text(keywords.as_ref()));
        for (field, ours) in [
            ("source", &campaign.source),
            ("medium", &campaign.medium),
            ("campaign", &campaign.name),
            ("term", &campaign.term),
            ("content", &campaign.content),
        ] {
            agreement.compare("campaign", theirs("campaign", field), text(ours.as_ref()));
        }
    }
    agreement.check(&expect![[r#"
        campaign: 2 of 300 differ, 99.33 % agree
               1 "" -> "1567759293"
               1 "" -> "2042012586"
        medium: 5 of 49 differ, 89.80 % agree
               3 "unknown" -> "internal"
               1 "email" -> "internal"
               1 "social" -> "unknown"
        query: 1 of 60 differ, 98.33 % agree
               1 "restaurant" -> ""
    "#]]);
}
