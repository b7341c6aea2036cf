//! Every operation by one table: what is answered when it goes well, with every kind of fault, and
//! without each permission. An operation that is served and has no rows fails.

mod access;
mod analytics;
mod assignments;
mod events;
mod feed;
mod segments;
mod targets;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;
use wayfare_http::router::{Route, served};
use wayfare_model::operation::ALL;

use crate::harness::{
    Answer, DEPLOYMENT_ID, Request, SEGMENTS, TestClient, TestServer, page_segment, page_view,
    text, visitor, wait_until,
};

/// An id of the right form that nothing has.
const UNKNOWN: &str = "a5a5a5a5-0000-4000-8000-00000000abcd";

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// It goes well.
    Success,
    /// A required field, or the body, is missing.
    Missing,
    /// A value has another type.
    Type,
    /// A value is none of those allowed.
    Value,
    /// A text or a list is longer than it may be.
    Length,
    /// An id leads nowhere.
    Unknown,
    /// A query parameter is wrong.
    Parameter,
}

/// What is answered.
#[derive(Debug, Clone)]
enum Expected {
    /// This status.
    Status(u16),
    /// 400 with these faults, as `code field`, separated by `; `.
    Faults(&'static str),
    /// A status and a code.
    Error(u16, &'static str),
}

/// One request and its answer.
#[derive(Debug, Clone)]
struct Row {
    about: About,
    /// A value in the path in the place of the one that is there.
    place: Option<(&'static str, &'static str)>,
    query: String,
    body: Option<String>,
    expected: Expected,
    /// The permissions that do, each by itself, when not all of the operation's do.
    permissions: Option<&'static [&'static str]>,
}

impl Row {
    fn new(about: About, body: Option<String>, expected: Expected) -> Self {
        Self { about, place: None, query: String::new(), body, expected, permissions: None }
    }

    fn with_permissions(self, permissions: &'static [&'static str]) -> Self {
        Self { permissions: Some(permissions), ..self }
    }
}

/// It goes well, without a body.
fn found(status: u16) -> Row {
    Row::new(About::Success, None, Expected::Status(status))
}

/// It goes well with a body.
fn made(status: u16, body: &Value) -> Row {
    Row::new(About::Success, Some(body.to_string()), Expected::Status(status))
}

/// A body with faults.
fn bad(about: About, body: &Value, faults: &'static str) -> Row {
    Row::new(about, Some(body.to_string()), Expected::Faults(faults))
}

/// An operation that needs a body, without one.
fn without_body() -> Row {
    Row::new(About::Missing, Some(String::new()), Expected::Error(400, "bad.request"))
}

/// An id in the path that leads nowhere: unknown, and none at all.
fn unknown(name: &'static str, body: Option<&Value>) -> Vec<Row> {
    let row = |value| Row {
        place: Some((name, value)),
        ..Row::new(About::Unknown, body.map(Value::to_string), Expected::Error(404, "not.found"))
    };
    vec![row(UNKNOWN), row("no-id")]
}

/// A query.
fn query(about: About, query: &str, expected: Expected) -> Row {
    Row { query: query.to_owned(), ..Row::new(about, None, expected) }
}

/// A query parameter with faults.
fn parameter(text: &str, faults: &'static str) -> Row {
    query(About::Parameter, text, Expected::Faults(faults))
}

/// A body with one value put in, at a JSON pointer.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut changed = body.clone();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = changed.pointer_mut(parent).expect("a place");
    match parent {
        Value::Array(items) => items[field.parse::<usize>().expect("a place")] = value,
        _ => parent[field] = value,
    }
    changed
}

/// A body without one field.
fn without(body: &Value, pointer: &str) -> Value {
    let mut changed = body.clone();
    let (parent, field) = pointer.rsplit_once('/').expect("a pointer");
    let parent = changed.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    assert!(parent.shift_remove(field).is_some(), "{pointer}");
    changed
}

/// A server with one thing of each kind.
struct World {
    server: TestServer,
    segment: String,
    target: String,
    session: String,
    contact: String,
    /// A contact that was merged into it.
    merged: String,
    role: String,
    user: String,
    client: String,
    job: String,
    /// Where backups may be put.
    backups: TempDir,
    /// One that was taken, once it is asked for.
    backup: OnceLock<String>,
    backtest: String,
    deletion: String,
    webhook: String,
}

const JOBS: &str = "/api/v2/analytics/journeys/aggregates/jobs";
const BACKTESTS: &str = "/api/wayfare/v1/segments/backtest";

impl World {
    fn new() -> Self {
        let server = TestServer::start();
        server.deliver_webhooks();
        let client = server.client();
        let id = |made: &Value| text(&made["id"]).to_owned();
        let own = |kind: &str, body: &Value| {
            id(&client.post(&format!("/api/wayfare/v1/{kind}"), body).with(201))
        };
        let segment = client.create_segment(&page_segment("Seen", "x.example", 1));
        let targets = client.get("/api/v2/journey/actiontargets").with(200);
        let (mut session, mut contacts) = (String::new(), Vec::new());
        for (number, address) in [(1, "a@x.example"), (2, "b@x.example"), (2, "a@x.example")] {
            server.clock.advance_ms(1);
            let mut event =
                page_view(&visitor(number), "https://x.example/", &server.clock.text(0));
            event["traits"] = json!({ "email": { "dataType": "string", "value": address } });
            session = client.record(&event);
            let shown = client.get(&format!("/api/v2/journey/sessions/{session}")).with(200);
            contacts.push(text(&shown["externalContact"]["id"]).to_owned());
        }
        let role = own("roles", &json!({ "name": "r", "permissions": ["journey:segment:view"] }));
        let user = json!({ "name": "u@x.example", "password": "correct horse battery" });
        let user = own("users", &user);
        let limited = json!({ "name": "c", "permissions": ["journey:segment:view"] });
        let limited = own("clients", &limited);
        let job = text(&client.post(JOBS, &analytics::query()).with(202)["jobId"]).to_owned();
        let nobody = format!("/api/wayfare/v1/customers/cookie/{}", visitor(9));
        let deletion = id(&client.delete(&nobody).with(200));
        let backups = tempfile::tempdir().expect("a directory");
        std::fs::write(backups.path().join("backup-request"), "please").expect("a request");
        wait_until("the job's end", || client.get(&format!("{JOBS}/{job}")).status == 200);
        let backtest = client.post(BACKTESTS, &segments::backtest()).with(202);
        // Nobody listens there, so that it is known at once.
        let webhook = own("webhooks", &json!({ "url": "http://127.0.0.1:1/hook" }));
        Self {
            segment,
            target: id(&targets["entities"][0]),
            session,
            contact: contacts[0].clone(),
            merged: contacts[1].clone(),
            role,
            user,
            client: limited,
            job,
            backups,
            backup: OnceLock::new(),
            backtest: id(&backtest),
            deletion,
            webhook,
            server,
        }
    }

    /// The path of a route, with what is there in its places.
    fn path(&self, route: &Route, row: &Row) -> String {
        let value = |name: &str| match name {
            "segmentId" => &self.segment,
            "actionTargetId" => &self.target,
            "sessionId" => &self.session,
            "externalContactId" => &self.contact,
            "contactId" if route.name == "unmerge_contact" => &self.merged,
            "contactId" => &self.contact,
            "clientId" => &self.client,
            "roleId" => &self.role,
            "userId" => &self.user,
            "jobId" => &self.job,
            "backupId" => self.backup.get_or_init(|| self.take_backup()),
            "backtestId" => &self.backtest,
            "deletionId" => &self.deletion,
            "webhookId" => &self.webhook,
            other => panic!("nothing is in the place of {other}"),
        };
        let part = |part: &str| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return part.to_owned();
            };
            match (row.place, name) {
                (Some((place, value)), _) if place == name => value.to_owned(),
                (_, "customerIdType") => "cookie".to_owned(),
                (_, "customerId") => visitor(2),
                (_, "deploymentId") => DEPLOYMENT_ID.to_owned(),
                _ => value(name).clone(),
            }
        };
        let path = route.path.split('/').map(part).collect::<Vec<_>>().join("/");
        if row.query.is_empty() { path } else { format!("{path}?{}", row.query) }
    }

    fn take_backup(&self) -> String {
        let client = self.server.client();
        let asked = json!({ "directory": self.backups.path(), "request": "please" });
        let begun = client.post(access::BACKUPS, &asked).with(202);
        let id = text(&begun["id"]).to_owned();
        let path = format!("{}/{id}", access::BACKUPS);
        wait_until("the backup", || client.get(&path).with(200)["state"] == "Done");
        id
    }

    fn send(&self, client: &TestClient<'_>, route: &Route, row: &Row) -> Answer {
        let request = Request::new(route.method, &self.path(route, row));
        let request = match &row.body {
            Some(body) => {
                let body = body.replace("SEGMENT", &self.segment).replace("ROLE", &self.role);
                let backups = self.backups.path().to_str().expect("UTF-8");
                let body = body.replace("BACKUPS", backups);
                request.header("content-type", "application/json").body(body)
            }
            None => request,
        };
        client.send(request)
    }

    /// Everything that a fault must leave as it was.
    fn state(&self) -> Vec<Value> {
        let client = self.server.client();
        let contact = format!("/api/v2/journey/externalcontacts/{}/segments", self.contact);
        let session = format!("/api/v2/journey/sessions/{}", self.session);
        [
            SEGMENTS,
            "/api/v2/journey/actiontargets",
            &contact,
            &session,
            "/api/wayfare/v1/roles",
            "/api/wayfare/v1/users",
            "/api/wayfare/v1/deployments",
        ]
        .map(|path| client.get(path).with(200))
        .to_vec()
    }
}

/// The rows of the operations of one noun, by their names; given the time.
type Room = fn(&str, &str) -> Option<Vec<Row>>;

/// The rows of an operation, all of them.
fn rows(name: &str, now: &str) -> Vec<Row> {
    let rooms: [Room; 7] = [
        segments::rows,
        targets::rows,
        events::rows,
        assignments::rows,
        analytics::rows,
        feed::rows,
        access::rows,
    ];
    let found = rooms.iter().find_map(|rows| rows(name, now));
    found.unwrap_or_else(|| panic!("the operation {name} is served and has no rows"))
}

/// What is wrong with an answer; nothing when it is as expected.
fn difference(answer: &Answer, expected: &Expected) -> Option<String> {
    let code = answer.json["code"].as_str().unwrap_or("-");
    let (wanted, got) = match expected {
        Expected::Status(status) => (status.to_string(), answer.status.to_string()),
        Expected::Error(status, wanted) => {
            (format!("{status} {wanted}"), format!("{} {code}", answer.status))
        }
        Expected::Faults(faults) => {
            let got = match answer.json["details"].is_array() {
                true => answer.faults().trim_end().replace('\n', "; "),
                false => answer.json.to_string(),
            };
            (format!("400 {faults}"), format!("{} {got}", answer.status))
        }
    };
    (wanted != got)
        .then(|| format!("expected {wanted}\n    answered {got} {}", answer.json["message"]))
}

/// The permissions of which one is enough, as the refusal of a token without any names them.
fn permissions(message: &str) -> Vec<String> {
    let list = message.rsplit_once('[').and_then(|(_, list)| list.split_once(']'));
    let (list, _) = list.unwrap_or_else(|| panic!("no permissions are named: {message}"));
    list.split(", ").map(str::to_owned).collect()
}

/// Checks one operation by its rows; gives what is not as expected.
fn check(route: &Route) -> Vec<String> {
    let mut wrong = Vec::new();
    let world = World::new();
    let rows = rows(route.name, &world.server.clock.text(0));
    let abouts: BTreeSet<About> = rows.iter().map(|row| row.about).collect();
    let has_body = rows.iter().any(|row| row.about == About::Success && row.body.is_some());
    let mut wanted = vec![About::Success];
    wanted.extend(route.path.contains('{').then_some(About::Unknown));
    wanted.extend(has_body.then_some(About::Type));
    for about in wanted.into_iter().filter(|about| !abouts.contains(about)) {
        wrong.push(format!("{}: no row is about {about:?}", route.name));
    }
    let before = world.state();
    let (good, faulty): (Vec<Row>, Vec<Row>) =
        rows.into_iter().partition(|row| row.about == About::Success);
    let mut tell = |row: &Row, who: &str, difference: Option<String>| {
        if let Some(difference) = difference {
            let Row { about, place, query, body, .. } = row;
            let body = body.as_deref().unwrap_or_default();
            wrong.push(format!(
                "{} {about:?} {who} {place:?} {query} {body}\n    {difference}",
                route.name
            ));
        }
    };
    for row in &faulty {
        let answer = world.send(&world.server.client(), route, row);
        tell(row, "", difference(&answer, &row.expected));
    }
    let operation = ALL.iter().find(|operation| operation.name == route.name);
    let is_public = operation.is_some_and(|operation| operation.permissions_any_of.is_empty());
    for row in &good {
        if is_public {
            let answer = world.send(&world.server.anonymous(), route, row);
            tell(row, "anonymous", difference(&answer, &row.expected));
            continue;
        }
        let refused = Expected::Error(401, "authentication.required");
        let answer = world.send(&world.server.anonymous(), route, row);
        tell(row, "without a token", difference(&answer, &refused));
        let stranger = world.server.anonymous().with_token("of-nobody");
        let answer = world.send(&stranger, route, row);
        tell(row, "with no token", difference(&answer, &Expected::Error(401, "bad.credentials")));
        let other = world.server.client_with(&["journey:views:add"]);
        let answer = world.send(&other, route, row);
        let refused = Expected::Error(403, "missing.any.permissions");
        tell(row, "without permission", difference(&answer, &refused));
        let named = permissions(text(&answer.json["message"]));
        if let Some(operation) = operation {
            assert_eq!(named, operation.permissions_any_of, "{}", route.name);
        }
        let enough =
            |name: &String| row.permissions.is_none_or(|enough| enough.contains(&name.as_str()));
        for permission in &named {
            // Each time anew: what goes well may change everything.
            let world = World::new();
            let client = world.server.client_with(&[permission]);
            let answer = world.send(&client, route, row);
            let expected = if enough(permission) { &row.expected } else { &refused };
            tell(row, permission, difference(&answer, expected));
        }
    }
    if !is_public && world.state() != before {
        wrong.push(format!("{}: a fault changed something", route.name));
    }
    wrong
}

#[test]
fn every_operation_answers_as_its_rows_say() {
    let mut wrong = Vec::new();
    for route in served() {
        wrong.extend(check(&route));
    }
    assert!(wrong.is_empty(), "{} rows\n{}", wrong.len(), wrong.join("\n"));
}
