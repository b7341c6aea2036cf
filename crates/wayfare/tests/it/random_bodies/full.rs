//! A full body of each operation that writes, or takes a body as rich: every field of its schema.

use serde_json::{Value, json};

use crate::harness::{
    AGGREGATES, SEGMENTS, TestClient, app_events, page_segment, visitor, web_events,
};

/// Where aggregates jobs are submitted.
const JOBS: &str = "/api/v2/analytics/journeys/aggregates/jobs";

/// An operation with a body that the server takes.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    /// The path as the document has it.
    template: &'static str,
    pub(crate) body: Value,
    /// Where what it changes is shown, besides the lists.
    pub(crate) shown_at: Option<String>,
    /// A text that no two bodies may share.
    pub(crate) unique: Option<&'static str>,
}

impl Operation {
    fn new(
        name: &'static str,
        method: &'static str,
        path: &str,
        template: &'static str,
        body: Value,
    ) -> Self {
        Self { name, method, path: path.to_owned(), template, body, shown_at: None, unique: None }
    }

    /// The schema of its body.
    pub(crate) fn schema<'document>(&self, document: &'document Value) -> &'document Value {
        let operation = &document["paths"][self.template][self.method.to_ascii_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{}", self.name);
        schema
    }
}

fn segment() -> Value {
    let of_visit = json!({
        "key": "browser.family", "values": ["Firefox", "Safari"], "operator": "notEqual",
        "shouldIgnoreCase": true, "entityType": "visit",
    });
    let of_event = json!({
        "key": "page.url", "values": ["/checkout"], "operator": "containsAny",
        "shouldIgnoreCase": false,
    });
    json!({
        "displayName": "Buyers",
        "description": "who has paid",
        "isActive": true,
        "color": "#0a1B2c",
        "shouldDisplayToAgent": false,
        "assignmentExpirationDays": 30,
        "context": { "patterns": [{ "criteria": [of_visit] }] },
        "journey": { "patterns": [{
            "criteria": [of_event], "count": 2, "streamType": "Web", "sessionType": "web",
            "eventName": "page_viewed",
        }] },
    })
}

fn new_segment() -> Value {
    let mut body = segment();
    body["version"] = json!(1);
    body["scope"] = json!("Session");
    let external = json!({ "id": "x-1", "name": "outside", "source": "AdobeExperiencePlatform" });
    body["externalSegment"] = external;
    body
}

fn attributes() -> Value {
    json!({
        "price": { "dataType": "number", "value": "12.5" },
        "paid": { "dataType": "boolean", "value": "true" },
    })
}

fn web_event(created: &str) -> Value {
    json!({
        "customerCookieId": visitor(77),
        "eventName": "page_viewed",
        "page": {
            "url": "https://shop.example.com/a?utm_source=b&utm_medium=m&utm_campaign=n&utm_term=t&utm_content=c&gclid=g#f", "title": "A", "keywords": "k",
            "lang": "en",
        },
        "userAgentString": "Mozilla/5.0",
        "browser": { "family": "Firefox", "version": "1", "lang": "en" },
        "device": {
            "category": "desktop", "type": "Other", "isMobile": false, "screenHeight": 1,
            "screenWidth": 2, "screenDensity": 3, "osFamily": "Linux", "osVersion": "6",
            "manufacturer": "m",
        },
        "searchQuery": "q",
        "ipAddress": "216.160.83.56",
        "referrerUrl": "https://www.google.com/search?q=shoes#top",
        "attributes": attributes(),
        "traits": { "givenName": { "dataType": "string", "value": "Ada" } },
        "externalId": "e",
        "createdDate": created,
    })
}

pub(crate) fn app_event(created: &str) -> Value {
    let web = web_event(created);
    let mut body = json!({
        "screenName": "cart",
        "app": { "name": "Shop", "namespace": "com.example", "version": "1", "buildNumber": "2" },
        "sdkLibrary": { "name": "s", "version": "1" },
        "networkConnectivity": {
            "carrier": "c", "bluetoothEnabled": true, "cellularEnabled": false, "wifiEnabled": true,
        },
    });
    for field in [
        "customerCookieId",
        "eventName",
        "device",
        "searchQuery",
        "referrerUrl",
        "attributes",
        "traits",
        "externalId",
        "createdDate",
    ] {
        body[field] = web[field].clone();
    }
    body["device"]["fingerprint"] = json!("f");
    body
}

fn query() -> Value {
    let one = json!({
        "type": "dimension", "dimension": "journeySegmentScope", "operator": "matches",
        "value": "Session",
    });
    json!({
        "interval": "2026-11-01T00:00:00Z/P7D",
        "granularity": "P1D",
        "timeZone": "Europe/London",
        "groupBy": ["journeySegmentId", "journeySegmentScope"],
        "metrics": ["nJourneySegmentsAssigned", "nJourneySessions"],
        "filter": {
            "type": "and",
            "clauses": [{ "type": "or", "predicates": [one] }],
            "predicates": [one],
        },
        "flattenMultivaluedDimensions": true,
        "views": [{
            "target": "nJourneySessions", "name": "few", "function": "rangeBound",
            "range": { "gte": 0, "lt": 5 },
        }],
        "alternateTimeDimension": "eventTime",
    })
}

/// The same to be answered later.
fn job() -> Value {
    let mut body = query();
    body["pageSize"] = json!(10);
    body
}

fn backtest() -> Value {
    json!({
        "segment": new_segment(), "interval": "2026-11-22T00:00:00Z/P1D", "granularity": "PT1H",
        "timeZone": "Europe/London",
    })
}

pub(crate) fn target() -> Value {
    json!({
        "name": "Queue",
        "userData": [{ "key": "queueId", "value": "q" }],
        "supportedMediaTypes": ["webchat", "call"],
        "state": "active",
        "description": "d",
        "serviceLevel": { "percentage": 0.5, "durationMs": 1000 },
        "shortAbandonThreshold": 5,
    })
}

/// All of them.
pub(crate) fn operations(client: &TestClient<'_>, now: &str) -> Vec<Operation> {
    let id = client.create_segment(&page_segment("patched", "/p", 1));
    let other = client.create_segment(&page_segment("assigned", "/q", 1));
    let mut all = vec![
        Operation::new("post_journey_segments", "POST", SEGMENTS, SEGMENTS, new_segment()),
        Operation::new(
            "patch_journey_segment",
            "PATCH",
            &format!("{SEGMENTS}/{id}"),
            "/api/v2/journey/segments/{segmentId}",
            segment(),
        ),
        update(client, &other),
        partial_update(&id, &other),
        Operation::new(
            "post_journey_deployment_webevents",
            "POST",
            &web_events(),
            "/api/v2/journey/deployments/{deploymentId}/webevents",
            web_event(now),
        ),
        Operation::new(
            "post_journey_deployment_appevents",
            "POST",
            &app_events(),
            "/api/v2/journey/deployments/{deploymentId}/appevents",
            app_event(now),
        ),
        Operation::new(
            "post_analytics_journeys_aggregates_query",
            "POST",
            AGGREGATES,
            AGGREGATES,
            query(),
        ),
        Operation::new("post_analytics_journeys_aggregates_jobs", "POST", JOBS, JOBS, job()),
    ];
    let backtests = "/api/wayfare/v1/segments/backtest";
    all.push(own("create_backtest", backtests, backtest()));
    all.extend(targets(client));
    all.extend(access(client));
    all.extend(webhooks(client, &id));
    all
}

fn webhooks(client: &TestClient<'_>, segment: &str) -> Vec<Operation> {
    let path = "/api/wayfare/v1/webhooks";
    let body = json!({
        "url": "https://example.org/hook", "types": ["segment.assigned", "segment.unassigned"],
        "segmentIds": [segment], "enabled": true,
    });
    let made = client.post(path, &body).with(201);
    let one = format!("{path}/{}", made["id"].as_str().expect("an id"));
    let template = "/api/wayfare/v1/webhooks/{webhookId}";
    let replay = json!({ "after": made["place"] });
    vec![
        own("create_webhook", path, body.clone()),
        Operation::new("update_webhook", "PATCH", &one, template, body),
        Operation::new(
            "replay_webhook",
            "POST",
            &format!("{one}/replay"),
            "/api/wayfare/v1/webhooks/{webhookId}/replay",
            replay,
        ),
    ]
}

/// Segments of a contact in the form of 2020.
fn update(client: &TestClient<'_>, segment: &str) -> Operation {
    let template = "/api/v2/journey/externalcontacts/{externalContactId}/segments";
    let path = template.replace("{externalContactId}", "a5a5a5a5-0000-4000-8000-00000000c0de");
    let one = |state: &str| json!({ "segmentId": segment, "state": state });
    client.post(&path, &json!([one("Assigned")])).with(204);
    let body = json!([one("Assigned"), one("Unassigned")]);
    let name = "post_journey_externalcontact_segments";
    let mut operation = Operation::new(name, "POST", &path, template, body);
    operation.shown_at = Some(path);
    operation
}

/// Action targets.
fn targets(client: &TestClient<'_>) -> Vec<Operation> {
    let page = client.get("/api/v2/journey/actiontargets").with(200);
    let last = page["entities"].as_array().and_then(|all| all.last()).expect("an action target");
    let id = last["id"].as_str().expect("an id");
    let mut patched = target();
    for field in ["userData", "supportedMediaTypes", "state", "description"] {
        patched.as_object_mut().expect("an object").remove(field);
    }
    let patch = |name, template: &'static str, body| {
        Operation::new(name, "PATCH", &template.replace("{actionTargetId}", id), template, body)
    };
    vec![
        patch(
            "patch_journey_actiontarget",
            "/api/v2/journey/actiontargets/{actionTargetId}",
            patched,
        ),
        patch("change_action_target", "/api/wayfare/v1/actiontargets/{actionTargetId}", target()),
        own("create_action_target", "/api/wayfare/v1/actiontargets", target()),
    ]
}

/// Segments of a contact in today's form.
fn partial_update(one: &str, other: &str) -> Operation {
    let template = "/api/v2/externalcontacts/contacts/{contactId}/journey/segments";
    let path = template.replace("{contactId}", "a5a5a5a5-0000-4000-8000-00000000d0de");
    let body = json!({
        "assign": { "segments": [{ "id": one }] },
        "unassign": { "segments": [{ "id": other }] },
    });
    let name = "post_externalcontacts_contact_journey_segments";
    let mut operation = Operation::new(name, "POST", &path, template, body);
    operation.shown_at = Some(path);
    operation
}

/// Clients, deployments, users and roles.
fn access(client: &TestClient<'_>) -> Vec<Operation> {
    let role = json!({ "name": "r", "permissions": ["journey:segment:view", "*"] });
    let role_id = client.post("/api/wayfare/v1/roles", &role).with(201)["id"].clone();
    let user = json!({
        "name": "ada@example.com", "password": "a long enough password", "roles": [role_id],
    });
    let users = "/api/wayfare/v1/users";
    let made = client.post(users, &user).with(201);
    let id = made["id"].as_str().expect("an id");
    let change = json!({ "password": "another long password", "roles": [role_id] });
    let mut create_user = own("create_user", users, user);
    create_user.unique = Some("name");
    vec![
        own(
            "create_client",
            "/api/wayfare/v1/clients",
            json!({
                "name": "c", "permissions": ["journey:segment:view", "*"],
                "grants": ["client_credentials"],
                "redirectUris": ["https://shop.example.com/"],
            }),
        ),
        own("create_deployment", "/api/wayfare/v1/deployments", json!({ "name": "d" })),
        own("create_role", "/api/wayfare/v1/roles", role),
        create_user,
        Operation::new(
            "update_user",
            "PATCH",
            &format!("{users}/{id}"),
            "/api/wayfare/v1/users/{userId}",
            change,
        ),
    ]
}

fn own(name: &'static str, path: &'static str, body: Value) -> Operation {
    Operation::new(name, "POST", path, path, body)
}
