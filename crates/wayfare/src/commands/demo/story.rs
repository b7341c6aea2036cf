//! What the demo tells a newcomer: tables, ids to try, and lines to paste.

use wayfare_app::access::organisations::FirstKeys;

use super::answers::{Answers, Example, METRICS, aggregates_query, buckets};
use super::history::SHOP_INTERVAL;
use crate::table::{grouped, table};

/// Characters of a date that name its month.
const MONTH_CHARACTERS: usize = "2024-01".len();

/// The segments and what they matched.
pub(super) fn segments(answers: &Answers) -> String {
    let rows = answers
        .segments
        .iter()
        .map(|row| [row.name.clone(), grouped(row.sessions), grouped(row.customers)]);
    table(["Segment", "Sessions", "Customers"], &[1, 2], rows)
}

/// The aggregates.
///
/// # Errors
/// When the answer is none.
pub(super) fn aggregates(answers: &Answers) -> anyhow::Result<String> {
    let rows = buckets(&answers.aggregates)?.into_iter().map(|(start, [sessions, assigned])| {
        let month = start.chars().take(MONTH_CHARACTERS).collect();
        [month, grouped(sessions), grouped(assigned)]
    });
    Ok(table(["The shop, by month", "Sessions", "Segments assigned"], &[1, 2], rows))
}

/// Ids to try.
pub(super) fn ids(url: &str, keys: &FirstKeys, example: &Example) -> String {
    let rows = [
        ["address", url],
        ["client id", &keys.client.to_string()],
        ["client secret", &keys.secret],
        ["deployment id", &keys.deployment.to_string()],
        ["customer, by cookie", &example.customer],
        ["session", &example.session],
        ["external contact", &example.contact],
    ];
    let lines = rows.map(|[name, value]| format!("  {name:<20} {value}"));
    lines.join("\n")
}

/// Lines for a shell.
pub(super) fn curl(url: &str, keys: &FirstKeys, example: &Example) -> String {
    let FirstKeys { client, secret, deployment } = keys;
    let Example { customer, session, .. } = example;
    let query = aggregates_query();
    format!(
        r#"  URL={url}
  TOKEN=$(curl -s -u '{client}:{secret}' \
    -d grant_type=client_credentials $URL/oauth/token | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
  AUTH="Authorization: Bearer $TOKEN"
  JSON="Content-Type: application/json"
  # the segments
  curl -s -H "$AUTH" "$URL/api/v2/journey/segments?pageSize=5"
  # the segment assignments of that customer, and a session
  curl -s -H "$AUTH" $URL/api/v2/journey/customers/cookie/{customer}/segments
  curl -s -H "$AUTH" $URL/api/v2/journey/sessions/{session}
  # aggregates
  curl -s -H "$AUTH" -H "$JSON" $URL/api/v2/analytics/journeys/aggregates/query -d \
    '{query}'
  # an event of your own; it needs no token
  curl -s -H "$JSON" $URL/api/v2/journey/deployments/{deployment}/webevents -d \
    '{{"eventName": "purchase", "createdDate": "'$(date -u +%Y-%m-%dT%H:%M:%SZ)'",
      "customerCookieId": "{customer}",
      "page": {{"url": "https://shop.example.com/purchase"}}}}'"#
    )
}

/// Lines for Python.
pub(super) fn python(url: &str, keys: &FirstKeys, example: &Example) -> String {
    let FirstKeys { client, secret, .. } = keys;
    let session = &example.session;
    let [sessions, assigned] = METRICS;
    format!(
        r#"  # pip install PureCloudPlatformClientV2==269.0.0
  import os
  import PureCloudPlatformClientV2 as sdk

  sdk.configuration.host = "{url}"
  client = sdk.api_client.ApiClient().get_client_credentials_token(
      "{client}", "{secret}")
  journey = sdk.JourneyApi(client)
  for segment in journey.get_journey_segments(page_size=200).entities:
      print(segment.display_name)
  print(journey.get_journey_session("{session}"))
  print(journey.post_analytics_journeys_aggregates_query({{
      "interval": "{SHOP_INTERVAL}",
      "granularity": "P1M",
      "metrics": ["{sessions}", "{assigned}"]}}))
  os._exit(0)  # the SDK leaves threads behind"#
    )
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wayfare_model::id::{ClientId, DeploymentId};

    use super::*;

    #[test]
    fn all_ids_to_try_are_told() {
        let id = Uuid::from_u128;
        let keys = FirstKeys {
            client: ClientId::from_uuid(id(1)),
            secret: "the secret".to_owned(),
            deployment: DeploymentId::from_uuid(id(2)),
        };
        let example = Example {
            customer: "the customer".to_owned(),
            session: "the session".to_owned(),
            contact: "the contact".to_owned(),
        };
        let text = ids("http://here", &keys, &example);
        let told = [id(1).to_string(), id(2).to_string()];
        let told = told.iter().map(String::as_str);
        let others = ["http://here", "the secret", "the customer", "the session", "the contact"];
        for value in told.chain(others) {
            assert_eq!(text.matches(value).count(), 1, "{value} in {text}");
        }
        for lines in [curl("http://here", &keys, &example), python("http://here", &keys, &example)]
        {
            let names_somebody = lines.contains("the customer") || lines.contains("the session");
            assert!(lines.contains("the secret") && names_somebody, "{lines}");
            assert!(lines.contains("nJourneySessions"), "{lines}");
        }
    }
}
