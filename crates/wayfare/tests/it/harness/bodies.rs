//! Bodies that many tests send. Tests change the fields they are about.

use serde_json::{Value, json};

use super::client::TestClient;
use super::process::DEPLOYMENT_ID;

/// Where segments are.
pub(crate) const SEGMENTS: &str = "/api/v2/journey/segments";
/// Where aggregates are asked for.
pub(crate) const AGGREGATES: &str = "/api/v2/analytics/journeys/aggregates/query";
/// Where history is imported.
pub(crate) const IMPORTS: &str = "/api/wayfare/v1/imports";

/// Where the first deployment's web events go.
pub(crate) fn web_events() -> String {
    format!("/api/v2/journey/deployments/{DEPLOYMENT_ID}/webevents")
}

/// Where the first deployment's app events go.
pub(crate) fn app_events() -> String {
    format!("/api/v2/journey/deployments/{DEPLOYMENT_ID}/appevents")
}

/// The cookie of a visitor.
pub(crate) fn visitor(number: u32) -> String {
    format!("c00c1e00-0000-4000-8000-{number:012}")
}

/// A view of a page.
pub(crate) fn page_view(visitor: &str, url: &str, created: &str) -> Value {
    json!({
        "customerCookieId": visitor,
        "eventName": "page_viewed",
        "page": { "url": url, "title": "A page" },
        "createdDate": created,
    })
}

/// A view of a screen.
pub(crate) fn screen_view(visitor: &str, screen: &str, created: &str) -> Value {
    json!({
        "customerCookieId": visitor,
        "eventName": "screen_viewed",
        "screenName": screen,
        "createdDate": created,
        "device": {},
        "app": {
            "name": "Shop", "namespace": "com.example.shop", "version": "1.2", "buildNumber": "7",
        },
    })
}

/// A segment of sessions with `count` page views whose URL contains a text.
pub(crate) fn page_segment(name: &str, part_of_url: &str, count: u32) -> Value {
    let criterion =
        json!({ "key": "page.url", "values": [part_of_url], "operator": "containsAny" });
    json!({
        "displayName": name,
        "journey": { "patterns": [{
            "criteria": [criterion], "count": count, "streamType": "Web", "sessionType": "web",
        }] },
    })
}

/// The same for scope Customer.
pub(crate) fn customer_segment(name: &str, part_of_url: &str, count: u32) -> Value {
    let mut segment = page_segment(name, part_of_url, count);
    segment["scope"] = json!("Customer");
    segment
}

/// A query of counts over an interval.
pub(crate) fn aggregates(interval: &str, metric: &str, group_by: &[&str]) -> Value {
    json!({ "interval": interval, "metrics": [metric], "groupBy": group_by })
}

impl TestClient<'_> {
    /// Makes a segment; gives its id.
    pub(crate) fn create_segment(&self, segment: &Value) -> String {
        let made = self.post(SEGMENTS, segment).with(201);
        made["id"].as_str().expect("an id").to_owned()
    }

    /// Sends a web event; gives its session's id.
    pub(crate) fn record(&self, event: &Value) -> String {
        let answer = self.post(&web_events(), event).with(200);
        answer["session"]["id"].as_str().expect("a session").to_owned()
    }

    /// All entities of a list with a cursor.
    pub(crate) fn walk(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let mut page = self.get(&path).with(200);
            if let Value::Array(entities) = page["entities"].take() {
                all.extend(entities);
            }
            next = page["nextUri"].as_str().map(str::to_owned);
        }
        all
    }

    /// Counts by group: the values of the groups joined with blanks, and `-` for none.
    pub(crate) fn count_by(&self, query: &Value) -> Vec<(String, u64)> {
        let answer = self.post(AGGREGATES, query).with(200);
        let mut counts = Vec::new();
        for result in answer["results"].as_array().expect("results") {
            let value = |name: &Value| {
                let name = name.as_str().unwrap_or_default();
                result["group"][name].as_str().unwrap_or("-").to_owned()
            };
            let names = query["groupBy"].as_array().map_or(&[][..], Vec::as_slice);
            let group: Vec<String> = names.iter().map(value).collect();
            let data = result["data"].as_array().expect("data");
            let count =
                |bucket: &Value| bucket["metrics"][0]["stats"]["count"].as_u64().expect("a count");
            counts.push((group.join(" "), data.iter().map(count).sum()));
        }
        counts.sort();
        counts
    }
}
