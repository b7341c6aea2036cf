//! Many at once: versions without a gap, and lists that neither repeat nor miss what stands.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::harness::{Process, SEGMENTS, TestClient, text};

/// Writers of one segment.
const WRITERS: u64 = 50;
/// Changes that each of them gets through.
const CHANGES: u64 = 3;
/// Segments that stand throughout.
const STANDING: usize = 40;
/// Each list is walked at least so often.
const WALKS: u32 = 3;
const CONTACT: &str = "c0117ac7-0000-4000-8000-000000000006";
const TARGETS: &str = "/api/v2/journey/actiontargets";
const OWN_TARGETS: &str = "/api/wayfare/v1/actiontargets";

/// A way through a list: gives the ids of what it shows.
type Walk = fn(&TestClient<'_>, &str) -> Vec<String>;

/// Changes a segment until `CHANGES` changes went through, each made on the version that was read.
/// Gives the versions that these made.
fn write(client: &TestClient<'_>, path: &str, writer: u64) -> Vec<u64> {
    let mut made = Vec::new();
    while made.len() < usize::try_from(CHANGES).expect("a number") {
        let read = client.get(path).with(200);
        let text = format!("{writer} {}", made.len());
        let patch = json!({ "version": read["version"], "description": text });
        let answer = client.patch(path, &patch);
        if answer.status == 409 {
            answer.error(409, "request.conflict");
            continue;
        }
        let changed = answer.with(200);
        assert_eq!(changed["description"], text);
        made.push(changed["version"].as_u64().expect("a version"));
    }
    made
}

/// The ids of a list, by its `nextUri`s.
fn follow(client: &TestClient<'_>, path: &str) -> Vec<String> {
    client.walk(path).iter().map(id).collect()
}

/// The ids of a list, counting its pages.
fn count_pages(client: &TestClient<'_>, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1.. {
        let page = client.get(&format!("{path}pageSize=7&pageNumber={number}")).with(200);
        assert_eq!(page["pageNumber"], number);
        let entities = page["entities"].as_array().expect("entities");
        ids.extend(entities.iter().map(id));
        if page["nextUri"].is_null() {
            return ids;
        }
    }
    ids
}

fn id(entity: &Value) -> String {
    let named = if entity["segment"].is_object() { &entity["segment"] } else { entity };
    text(&named["id"]).to_owned()
}

/// Nothing twice, and everything that stood throughout.
fn check_walk(walked: &[String], standing: &BTreeSet<String>, path: &str) {
    let set: BTreeSet<String> = walked.iter().cloned().collect();
    assert_eq!(set.len(), walked.len(), "{path} shows something twice");
    let missed: Vec<&String> = standing.difference(&set).collect();
    assert!(missed.is_empty(), "{path} misses {missed:?}");
}

/// Walks a list again and again until the others are done.
fn walk_meanwhile(
    client: &TestClient<'_>,
    path: &str,
    walk: Walk,
    standing: &BTreeSet<String>,
    is_over: &AtomicBool,
) {
    let mut walks = 0;
    while walks < WALKS || !is_over.load(Ordering::SeqCst) {
        check_walk(&walk(client, path), standing, path);
        walks += 1;
    }
}

/// What stands throughout: the one that is written, and others.
fn stand(client: &TestClient<'_>) -> BTreeSet<String> {
    let make = |number: usize| {
        let body = json!({
            "displayName": format!("{:02} stands", (number * 7) % STANDING),
            "isActive": false,
        });
        client.create_segment(&body)
    };
    (0..STANDING).map(make).collect()
}

/// Everybody who works beside the lists is done when this many are.
struct Workers<'flag> {
    left: AtomicU64,
    is_over: &'flag AtomicBool,
}

impl Workers<'_> {
    fn done(&self) {
        if self.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.is_over.store(true, Ordering::SeqCst);
        }
    }
}

/// Tells that a worker is done, also when it fails: the lists wait for it.
struct Done<'workers>(&'workers Workers<'workers>);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

#[test]
fn fifty_writers_make_a_sequence_of_versions_and_lists_hold_meanwhile() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path());
    let client = server.client();
    let standing = stand(&client);
    let written = standing.first().expect("a segment");
    let path = format!("{SEGMENTS}/{written}");
    let assigned = format!("/api/v2/journey/externalcontacts/{CONTACT}/segments");
    for id in &standing {
        let body = json!([{ "segmentId": id, "state": "Assigned" }]);
        client.post(&assigned, &body).with(204);
    }
    let is_over = AtomicBool::new(false);
    let workers = Workers { left: AtomicU64::new(WRITERS + 2), is_over: &is_over };
    let versions = std::thread::scope(|scope| {
        let (client, path, standing) = (&client, path.as_str(), &standing);
        let (workers, is_over, assigned) = (&workers, &is_over, assigned.as_str());
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    let _done = Done(workers);
                    write(client, path, writer)
                })
            })
            .collect();
        for worker in 0..2 {
            scope.spawn(move || {
                let _done = Done(workers);
                come_and_go(client, assigned, worker);
            });
        }
        for list in [
            format!("{SEGMENTS}?pageSize=7"),
            format!("{SEGMENTS}?pageSize=7&sortBy=-displayName,isActive"),
            format!("{SEGMENTS}?pageSize=7&isActive=false"),
            format!("{assigned}?pageSize=7"),
        ] {
            scope.spawn(move || walk_meanwhile(client, &list, follow, standing, is_over));
        }
        let mut versions = Vec::new();
        for writer in writers {
            versions.extend(writer.join().expect("a writer"));
        }
        versions
    });
    check_versions(&client, &path, versions);
}

/// Makes, assigns and deletes segments, at both ends of every order.
fn come_and_go(client: &TestClient<'_>, assigned: &str, worker: u32) {
    let mut made = Vec::new();
    for number in 0..40 {
        let name = format!("{:02} comes and goes {worker}", (number * 11) % 40);
        made.push(
            client.create_segment(&json!({ "displayName": name, "isActive": number % 2 == 0 })),
        );
        let last = made.last().expect("a segment");
        client.post(assigned, &json!([{ "segmentId": last, "state": "Assigned" }])).with(204);
        if number % 3 == 0 {
            // The oldest that it made: those lie before what others are reading.
            client.delete(&format!("{SEGMENTS}/{}", made.remove(0))).with(204);
        }
    }
    for id in made {
        client.delete(&format!("{SEGMENTS}/{id}")).with(204);
    }
}

/// Each version was given out once, and the history has all of them in order.
fn check_versions(client: &TestClient<'_>, path: &str, mut versions: Vec<u64>) {
    let last = 1 + WRITERS * CHANGES;
    versions.sort_unstable();
    assert_eq!(versions, (2..=last).collect::<Vec<_>>());
    let segment = client.get(path).with(200);
    assert_eq!(segment["version"], last);
    let id = text(&segment["id"]);
    let history = client.walk(&format!("/api/wayfare/v1/segments/{id}/versions?pageSize=200"));
    let kept: Vec<u64> =
        history.iter().map(|one| one["version"].as_u64().expect("a version")).collect();
    assert_eq!(kept, (1..=last).collect::<Vec<_>>());
    assert_eq!(history.last(), Some(&segment));
    let texts: BTreeSet<&str> = history.iter().map(|one| text(&one["description"])).collect();
    assert_eq!(texts.len(), history.len(), "no change was lost");
}

#[test]
fn pages_by_number_hold_while_things_are_made() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path());
    let client = server.client();
    let standing = stand(&client);
    let make_target = |name: &str| {
        let made = client.post(OWN_TARGETS, &json!({ "name": name })).with(201);
        text(&made["id"]).to_owned()
    };
    let targets: BTreeSet<String> =
        (0..20).map(|number| make_target(&format!("stands {number}"))).collect();
    let is_over = AtomicBool::new(false);
    let workers = Workers { left: AtomicU64::new(4), is_over: &is_over };
    std::thread::scope(|scope| {
        let (client, workers, is_over) = (&client, &workers, &is_over);
        for worker in 0..4 {
            scope.spawn(move || {
                let _done = Done(workers);
                for number in 0..30 {
                    let name = format!("new {worker} {number}");
                    client.create_segment(&json!({ "displayName": name }));
                    client.post(OWN_TARGETS, &json!({ "name": name })).with(201);
                }
            });
        }
        let (standing, targets) = (&standing, &targets);
        let lists: [(&str, Walk); 2] = [("?", count_pages), ("?pageSize=7", follow)];
        for (query, walk) in lists {
            scope.spawn(move || {
                walk_meanwhile(client, &format!("{SEGMENTS}{query}"), walk, standing, is_over);
            });
            scope.spawn(move || {
                walk_meanwhile(client, &format!("{TARGETS}{query}"), walk, targets, is_over);
            });
        }
    });
    assert_eq!(count_pages(&client, &format!("{SEGMENTS}?")).len(), STANDING + 120);
    // The one that every organisation begins with, too.
    assert_eq!(count_pages(&client, &format!("{TARGETS}?")).len(), 141);
}

#[test]
fn a_walk_goes_on_where_it_was_when_that_is_deleted_or_changed() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path());
    let client = server.client();
    let names = ["b", "d", "f", "h"];
    let ids = names.map(|name| client.create_segment(&json!({ "displayName": name })));
    let first = client.get(&format!("{SEGMENTS}?pageSize=2&sortBy=displayName")).with(200);
    let next = text(&first["nextUri"]).to_owned();
    assert!(next.contains("pageNumber=2"), "{next}");
    client.delete(&format!("{SEGMENTS}/{}", ids[0])).with(204);
    client.patch(&format!("{SEGMENTS}/{}", ids[1]), &json!({ "displayName": "z" })).with(200);
    client.create_segment(&json!({ "displayName": "a" }));
    let read = |path: &str| {
        let page = client.get(path).with(200);
        let entities = page["entities"].as_array().expect("entities").clone();
        let names: Vec<String> =
            entities.iter().map(|one| text(&one["displayName"]).to_owned()).collect();
        (names.join(" "), page)
    };
    let (seen, second) = read(&next);
    assert_eq!((seen.as_str(), &second["pageNumber"]), ("f h", &json!(2)));
    assert_eq!(read(text(&second["selfUri"])).0, "f h");
    client.delete(&format!("{SEGMENTS}/{}", ids[1])).with(204);
    assert_eq!(read(&next).0, "f h");
    // A cursor belongs to the order that gave it, and nobody makes one up.
    for foreign in [next.replace("displayName", "-displayName"), format!("{next}x")] {
        client.get(&foreign).error(400, "bad.request");
    }
    let with_ids = format!("{SEGMENTS}?segmentIds={}&after=x", ids[2]);
    assert_eq!(client.get(&with_ids).faults(), "bad.request after\n");
}
