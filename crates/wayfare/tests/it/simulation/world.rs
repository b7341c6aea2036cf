//! The product and its reference side by side: commands go to both, answers and lists must agree,
//! and the product loses its process, and what was not synced, at any moment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tempfile::TempDir;
use wayfare_model::limits::EVENT_AGE_MS_MAX;
use wayfare_model::time::Moment;

use super::model::{Door, Event, Model, Outcome, Segment};
use crate::harness::{
    Answer, CLIENT_ID, CLIENT_SECRET, Request, SEGMENTS, TestClient, TestServer, aggregates,
    app_events, customer_segment, import_request, page_segment, page_view, screen_view, text,
    visitor, web_events,
};

/// The database's log, which has what does not go through the log of batches.
const LOG: &str = "journey.sqlite-wal";
/// The log of batches.
const BATCHES: [&str; 2] = ["journey.sqlite-batches-0", "journey.sqlite-batches-1"];
/// What has to do with a crash, and how often the database was opened. The database comes first: of a
/// log, whatever is there later belongs to it. What leaves the log of batches is in the other two.
const FILES: [&str; 5] = ["openings", "journey.sqlite", LOG, BATCHES[0], BATCHES[1]];

/// Something that somebody asks for.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Event(Event),
    Create(Segment),
    Activate { segment: usize, is_active: bool },
    Delete { segment: usize },
    Assign { visitor: usize, segment: usize },
    Unassign { visitor: usize, segment: usize },
}

/// What a crash leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Disk {
    KeepsWhatWasAnswered,
    /// To see that the comparison sees it.
    LosesAnything,
}

/// Bytes of the logs.
#[derive(Debug, Clone, Copy, Default)]
struct Durable {
    log: u64,
    batches: [u64; 2],
}

pub(super) struct World {
    disk: Disk,
    pub(super) model: Model,
    pub(super) now: i64,
    server: Option<TestServer>,
    token: String,
    directory: TempDir,
    /// The ids of the model's segments.
    segments: Vec<String>,
    /// Events that are in a session.
    accepted: Vec<Event>,
    /// Bytes of the logs that are durable.
    durable: Durable,
}

impl World {
    /// A world on a copy of a data directory.
    pub(super) fn new(template: &Path, now: i64, disk: Disk) -> Self {
        let mut world = Self {
            disk,
            model: Model::default(),
            now,
            server: None,
            token: String::new(),
            directory: directory(),
            segments: Vec::new(),
            accepted: Vec::new(),
            durable: Durable::default(),
        };
        copy(template, world.directory.path());
        world.open();
        world
    }

    fn open(&mut self) {
        let server = TestServer::open(self.directory.path());
        server.clock.set(&Moment::from_ms(self.now).to_string());
        let client = TestClient::log_in(&server, CLIENT_ID, CLIENT_SECRET);
        self.token = client.token().to_owned();
        self.server = Some(server);
        self.durable.log = self.log_bytes();
        self.durable.batches = self.batch_bytes();
    }

    fn server(&self) -> &TestServer {
        self.server.as_ref().expect("a server")
    }

    fn client(&self) -> TestClient<'_> {
        self.server().anonymous().with_token(&self.token)
    }

    fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.directory.path().join(LOG)).map_or(0, |log| log.len())
    }

    fn batch_bytes(&self) -> [u64; 2] {
        BATCHES.map(|name| {
            let content = std::fs::read(self.directory.path().join(name)).unwrap_or_default();
            // There are zeros where nothing was written yet.
            let end = content.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            end.next_multiple_of(8) as u64
        })
    }

    /// The answer to a command came: what it tells is durable.
    fn note_durable(&mut self, command: &Command) {
        self.durable.batches = self.batch_bytes();
        // Definitions are not batches, and an e-mail address may merge contacts, which is none either.
        // What batches put into the database is durable by their own log.
        let is_no_batch = match command {
            Command::Create(_) | Command::Activate { .. } | Command::Delete { .. } => true,
            Command::Event(event) => event.email.is_some(),
            Command::Assign { .. } | Command::Unassign { .. } => false,
        };
        if is_no_batch {
            self.durable.log = self.log_bytes();
        }
    }

    /// Time goes on.
    pub(super) fn pass(&mut self, ms: i64) {
        self.now += ms;
        self.server().clock.advance_ms(ms);
    }

    /// Does a command on both sides. `again`: it may have been done before a crash.
    pub(super) fn act(&mut self, command: &Command, again: bool) {
        if again && let Command::Create(segment) = command {
            // Creating is not the same twice: whoever does not know looks.
            if let Some(id) = self.find_segment(&segment.name) {
                self.segments.push(id);
                self.model.segments.push(segment.clone());
                return;
            }
        }
        let Some(request) = self.request(command) else { return };
        let answer = self.client().send(request);
        self.note_durable(command);
        self.check(command, answer, again);
    }

    /// Whoever missed the answer to an event sends it again, unless it is too old by now: everything
    /// is as it was.
    pub(super) fn repeat(&mut self, random: &mut StdRng) {
        if self.accepted.is_empty() {
            return;
        }
        let event = self.accepted[random.random_range(0..self.accepted.len())].clone();
        if event.door == Door::Import || self.now - event.created < EVENT_AGE_MS_MAX {
            self.client().send(event_request(&event)).with(200);
            self.note_durable(&Command::Event(event));
            self.compare();
        }
    }

    fn request(&self, command: &Command) -> Option<Request> {
        let json = |method: &str, path: &str, body: &Value| {
            let request = Request::new(method, path).header("content-type", "application/json");
            request.body(body.to_string())
        };
        let of_segment = |segment: usize| format!("{SEGMENTS}/{}", self.segments[segment]);
        let update = |visitor: usize, segment: usize, state: &str| {
            let contact = self.contact_of(visitor)?;
            let path = format!("/api/v2/journey/externalcontacts/{contact}/segments");
            Some(json(
                "POST",
                &path,
                &json!([{ "segmentId": self.segments[segment], "state": state }]),
            ))
        };
        Some(match command {
            Command::Event(event) => event_request(event),
            Command::Create(segment) => {
                let make = if segment.of_customer { customer_segment } else { page_segment };
                json("POST", SEGMENTS, &make(&segment.name, segment.part, segment.count))
            }
            Command::Activate { segment, is_active } => {
                json("PATCH", &of_segment(*segment), &json!({ "isActive": is_active }))
            }
            Command::Delete { segment } => Request::new("DELETE", &of_segment(*segment)),
            Command::Assign { visitor, segment } => update(*visitor, *segment, "Assigned")?,
            Command::Unassign { visitor, segment } => update(*visitor, *segment, "Unassigned")?,
        })
    }

    /// Checks an answer, and lets the model do the same.
    fn check(&mut self, command: &Command, answer: Answer, again: bool) {
        match command {
            Command::Event(event) => self.check_event(event, answer),
            Command::Create(segment) => {
                self.segments.push(text(&answer.with(201)["id"]).to_owned());
                self.model.segments.push(segment.clone());
            }
            Command::Activate { segment, is_active } => {
                answer.with(200);
                self.model.segments[*segment].is_active = *is_active;
            }
            Command::Delete { segment } => {
                assert!(answer.status == 204 || again && answer.status == 404, "{}", answer.json);
                self.model.delete(*segment, self.now);
            }
            Command::Assign { visitor, segment } => {
                answer.with(204);
                self.model.assign(*visitor, *segment, self.now);
            }
            Command::Unassign { visitor, segment } => {
                answer.with(204);
                self.model.unassign(*visitor, *segment, self.now);
            }
        }
    }

    fn check_event(&mut self, event: &Event, answer: Answer) {
        let place = match self.model.event(event, self.now) {
            Outcome::TooLate => return drop(answer.with(422)),
            Outcome::In(place) => place,
        };
        let answer = answer.with(200);
        self.accepted.push(event.clone());
        let session = &mut self.model.sessions[place];
        if event.door == Door::Import {
            let applied = answer["applied"].as_u64().unwrap_or(0);
            let known = answer["duplicates"].as_u64().unwrap_or(0);
            return assert_eq!(applied + known, 1, "{answer}");
        }
        let told = text(&answer["session"]["id"]).to_owned();
        assert_eq!(session.id.get_or_insert_with(|| told.clone()), &told, "{event:?}");
        assert_eq!(answer["session"]["eventCount"].as_u64(), Some(session.events), "{event:?}");
    }

    fn find_segment(&self, name: &str) -> Option<String> {
        let page = self.client().get(&format!("{SEGMENTS}?pageSize=200")).with(200);
        let entities = page["entities"].as_array().expect("entities").clone();
        let found = entities.into_iter().find(|entity| text(&entity["displayName"]) == name);
        found.map(|entity| text(&entity["id"]).to_owned())
    }

    fn contact_of(&self, visitor: usize) -> Option<String> {
        let of_visitor = |session: &&super::model::Session| session.visitor == visitor;
        let known = self.model.sessions.iter().filter(of_visitor).find_map(|one| one.id.clone())?;
        let shown = self.client().get(&format!("/api/v2/journey/sessions/{known}")).with(200);
        Some(text(&shown["externalContact"]["id"]).to_owned())
    }

    /// The process goes, and with it what the disk does not have yet, while commands are under way
    /// that have nothing to do with each other. Whoever missed an answer asks again.
    pub(super) fn crash(&mut self, random: &mut StdRng, under_way: &[Command]) {
        let requests: Vec<Request> =
            under_way.iter().filter_map(|command| self.request(command)).collect();
        let looks = random.random_range(0..400);
        let next = directory();
        let client = self.client();
        std::thread::scope(|scope| {
            for request in requests {
                scope.spawn(|| client.send(request));
            }
            for _ in 0..looks {
                std::hint::black_box(self.log_bytes());
            }
            copy(self.directory.path(), next.path());
        });
        let kept = match self.disk {
            Disk::LosesAnything => Durable::default(),
            Disk::KeepsWhatWasAnswered => self.durable,
        };
        lose_unsynced(&next.path().join(LOG), kept.log, random);
        for (name, kept) in BATCHES.into_iter().zip(kept.batches) {
            lose_unsynced(&next.path().join(name), kept, random);
        }
        self.server = None;
        self.directory = next;
        self.open();
        for command in under_way {
            self.act(command, true);
        }
    }

    /// The process ends as it should, and begins again.
    pub(super) fn restart(&mut self) {
        if let Some(server) = self.server.take() {
            server.close();
        }
        self.open();
    }

    /// Everything that the product shows is what the model says.
    pub(super) fn compare(&mut self) {
        self.compare_sessions();
        let (client, now) = (self.client(), self.now);
        for visitor_number in 0..super::VISITORS {
            if !self.model.knows(visitor_number) {
                continue;
            }
            let cookie = visitor(visitor_number as u32);
            let path = format!("/api/v2/journey/customers/cookie/{cookie}/segments?pageSize=200");
            let expected = self.model.shown_of_customer(visitor_number, now);
            assert_eq!(self.listed(&client, &path), expected, "customer {visitor_number}");
            if let Some(contact) = self.contact_of(visitor_number) {
                let path =
                    format!("/api/v2/journey/externalcontacts/{contact}/segments?pageSize=200");
                let expected = self.model.shown_of_contact(visitor_number, now);
                assert_eq!(self.listed(&client, &path), expected, "contact of {visitor_number}");
            }
        }
        self.compare_aggregates(&client);
    }

    fn compare_sessions(&mut self) {
        let client = self.client();
        let now = self.now;
        for (place, session) in self.model.sessions.iter().enumerate() {
            let Some(id) = &session.id else { continue };
            let path = format!("/api/v2/journey/sessions/{id}");
            let shown = client.get(&path).with(200);
            assert_eq!(shown["eventCount"].as_u64(), Some(session.events), "events of {path}");
            let ended =
                (now >= session.ends()).then(|| Moment::from_ms(session.ends()).to_string());
            assert_eq!(shown["endedDate"].as_str(), ended.as_deref(), "the end of {path}");
            let expected = self.model.shown(now, |made| made.session == Some(place));
            let listed = self.listed(&client, &format!("{path}/segments?pageSize=200"));
            assert_eq!(listed, expected, "the segments of {path}");
            let events = client.walk(&format!("{path}/events?pageSize=200"));
            let own = events.iter().filter(|event| event.get("segmentAssignmentEvent").is_none());
            let own = own.filter(|event| text(&event["eventType"]) != "SegmentAssignmentEvent");
            assert_eq!(own.count() as u64, session.events, "the events of {path}");
        }
    }

    /// What a list of assignments shows: names of segments, and whether each holds.
    fn listed(&self, client: &TestClient<'_>, path: &str) -> Vec<(String, bool)> {
        let names: BTreeMap<&str, &Segment> =
            self.segments.iter().map(String::as_str).zip(&self.model.segments).collect();
        let entities = client.walk(path);
        let mut listed: Vec<(String, bool)> = entities
            .iter()
            .map(|entity| {
                let segment = names[text(&entity["segment"]["id"])];
                (segment.name.clone(), text(&entity["state"]) == "Assigned")
            })
            .collect();
        listed.sort();
        listed
    }

    fn compare_aggregates(&self, client: &TestClient<'_>) {
        let interval = format!("{}/P9D", Moment::from_ms(self.now).plus_ms(-4 * 86_400_000));
        let all =
            client.count_by(&aggregates(&interval, "nJourneySessions", &["journeySessionType"]));
        let counted: u64 = all.iter().map(|(_, count)| count).sum();
        assert_eq!(counted, self.model.sessions.len() as u64, "sessions counted: {all:?}");
        let by_segment = aggregates(&interval, "nJourneySegmentsAssigned", &["journeySegmentId"]);
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for made in &self.model.assignments {
            *expected.entry(self.segments[made.segment].clone()).or_default() += 1;
        }
        let counted: BTreeMap<String, u64> = client.count_by(&by_segment).into_iter().collect();
        assert_eq!(counted, expected, "assignments counted by segment");
    }
}

fn event_request(event: &Event) -> Request {
    let cookie = visitor(event.visitor as u32);
    let created = Moment::from_ms(event.created).to_string();
    let url = format!("https://sim.example/{}/?n={}", event.part, event.number);
    let mut body = match event.door {
        Door::App => screen_view(&cookie, &format!("{}-{}", event.part, event.number), &created),
        Door::Web | Door::Import => page_view(&cookie, &url, &created),
    };
    if let Some(email) = event.email {
        let value = format!("{email}@sim.example");
        body["traits"] = json!({ "email": { "dataType": "string", "value": value } });
    }
    let path = match event.door {
        Door::Import => return import_request(&[body.to_string()]),
        Door::App => app_events(),
        Door::Web => web_events(),
    };
    Request::new("POST", &path).header("content-type", "application/json").body(body.to_string())
}

/// A directory whose syncs cost nothing, where there is one.
fn directory() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a directory")
}

fn copy(from: &Path, to: &Path) {
    for file in FILES {
        if let Ok(bytes) = std::fs::read(from.join(file)) {
            std::fs::write(to.join(file), bytes).expect("a copy");
        }
    }
}

/// Of what came after the last answer, the disk has the beginning, and some of it wrong.
fn lose_unsynced(log: &Path, durable: u64, random: &mut StdRng) {
    let Ok(mut bytes) = std::fs::read(log) else { return };
    let durable = usize::try_from(durable).expect("a size").min(bytes.len());
    bytes.truncate(random.random_range(durable..=bytes.len()));
    let unsynced = bytes.len() - durable;
    if unsynced > 0 && random.random_bool(0.5) {
        let wrong = durable + random.random_range(0..unsynced);
        let end = bytes.len().min(wrong + 512);
        bytes[wrong..end].fill(0xff);
    }
    std::fs::write(log, bytes).expect("a log");
}
