//! What our reading of real events means for segments: the sessions that the example segments about
//! visitors select, read plainly here (the engine has its own tests), against the expected ones.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::expect;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wayfare_model::visit::{Campaign, DeviceCategory, Referrer, ReferrerMedium};

use super::agreement::{events, test_file};
use super::{UserAgent, UserAgentParser, campaign, page_parts, referrer};

/// What the reading in `segments.expected.json` looks at: the first event of the session in time
/// order, and the first of its campaigns that has a source.
#[derive(Default)]
struct Session {
    user_agent: Arc<UserAgent>,
    referrer: Option<Referrer>,
    campaign: Option<Campaign>,
    reads_geekery: bool,
}

fn sessions() -> BTreeMap<String, Session> {
    let mut events: Vec<Value> = events("semicomplete/semicomplete-web.ndjson.gz").collect();
    events.sort_by_key(|event| {
        (event["createdDate"].as_str().unwrap().to_owned(), event["seq"].as_u64().unwrap())
    });
    let parser = UserAgentParser::default();
    let mut sessions = BTreeMap::new();
    for event in events {
        let page = page_parts(event["page"]["url"].as_str().unwrap()).unwrap();
        let campaign = campaign(page.query_string.as_deref());
        let session: &mut Session = sessions
            .entry(event["sessionId"].as_str().unwrap().to_owned())
            .or_insert_with(|| Session {
                user_agent: parser.parse(event["userAgentString"].as_str().unwrap_or_default()),
                referrer: event["referrerUrl"]
                    .as_str()
                    .and_then(|url| referrer(url, Some(&page), campaign.as_ref())),
                ..Session::default()
            });
        session.reads_geekery |= event["eventName"] == "page_viewed"
            && event["attributes"]["blog_category"] == "geekery";
        if session.campaign.is_none() {
            session.campaign = campaign.filter(|campaign| campaign.source.is_some());
        }
    }
    sessions
}

fn lower(field: Option<&String>) -> String {
    field.map(|text| text.to_lowercase()).unwrap_or_default()
}

impl Session {
    fn came_from(&self, medium: ReferrerMedium) -> bool {
        self.referrer.as_ref().and_then(|referrer| referrer.medium) == Some(medium)
    }

    /// The example segments' conditions on what is normalised here, by display name.
    fn matches(&self, segment: &str) -> Option<bool> {
        let (browser, device) = (&self.user_agent.browser, &self.user_agent.device);
        Some(match segment {
            "Came from a search engine" => self.came_from(ReferrerMedium::Search),
            "Newsletter feed campaign" => self.campaign.as_ref().is_some_and(|campaign| {
                let name = campaign.name.as_deref().unwrap_or_default();
                lower(campaign.source.as_ref()) == "feedburner"
                    && lower(campaign.medium.as_ref()) == "feed"
                    && name.contains("semicomplete")
                    && name.contains("Jordan")
            }),
            "Sent by a Q&A site" => {
                let hostname = self.referrer.as_ref().and_then(|found| found.hostname.as_deref());
                hostname.is_some_and(|hostname| {
                    hostname.ends_with("stackoverflow.com")
                        || hostname.ends_with("stackexchange.com")
                })
            }
            "On a hand-held device" => {
                matches!(device.category, Some(DeviceCategory::Mobile | DeviceCategory::Tablet))
            }
            "Old Internet Explorer" => {
                let version = browser.version.as_deref().unwrap_or_default();
                let major = version.split('.').next().and_then(|number| number.parse::<u32>().ok());
                lower(browser.family.as_ref()) == "ie" && major.is_some_and(|major| major < 10)
            }
            "Linux user reading geekery from search" => {
                let system = lower(device.os_family.as_ref());
                (system.contains("linux") || system.contains("ubuntu"))
                    && self.came_from(ReferrerMedium::Search)
                    && self.reads_geekery
            }
            _ => return None,
        })
    }
}

#[test]
fn example_segments() {
    let sessions = sessions();
    let expected: Value =
        serde_json::from_reader(std::fs::File::open(test_file("segments.expected.json")).unwrap())
            .unwrap();
    let mut table = String::new();
    for segment in expected["segments"].as_array().unwrap() {
        let name = segment["displayName"].as_str().unwrap();
        let ids: Vec<&str> = sessions
            .iter()
            .filter(|(_, session)| session.matches(name) == Some(true))
            .map(|(id, _)| id.as_str())
            .collect();
        if ids.is_empty() {
            continue;
        }
        let digest = Sha256::digest(ids.join("\n"));
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let same =
            if segment["sessionIdsSha256"] == digest.as_str() { "the same" } else { "other" };
        writeln!(table, "{name}: {}, expected {}: {same}", ids.len(), segment["sessions"]).unwrap();
    }
    expect![[r#"
        Came from a search engine: 438, expected 438: the same
        Newsletter feed campaign: 54, expected 54: the same
        Sent by a Q&A site: 37, expected 37: the same
        On a hand-held device: 165, expected 174: other
        Old Internet Explorer: 87, expected 87: the same
        Linux user reading geekery from search: 21, expected 21: the same
    "#]]
    .assert_eq(&table);
}
