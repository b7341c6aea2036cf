//! `wayfare live`: what it prints, what it leaves out, and that it comes back.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::harness::{
    CLIENT_ID, CLIENT_SECRET, Process, TestClient, page_segment, page_view, text, visitor,
    wait_until, wall_clock,
};
use crate::metrics::scrape_with;

/// How long a line may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// The command, while it runs.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wayfare"))
            .arg("live")
            .args(arguments)
            .arg("--data")
            .arg(data)
            .env("WAYFARE_CLIENT_ID", CLIENT_ID)
            .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // Nobody takes lines when the test is over.
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line).ok())
        });
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(DEADLINE).expect("a line")
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.line()).expect("a line of JSON")
    }

    /// Stops it as a terminal that closes does (a job in the background is deaf to Ctrl-C); gives
    /// what it printed and nobody had taken.
    fn stop(mut self) -> Vec<String> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("a signal").success());
        self.child.wait().expect("its end");
        self.lines.iter().collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for_feeds(server: &Process, number: f64) {
    let client = server.client();
    wait_until("open feeds", || {
        scrape_with(server, client.token()).sum("wayfare_live_feeds") >= number
    });
}

fn view(client: &TestClient<'_>, number: u32) -> String {
    let now = wall_clock().to_string();
    client.record(&page_view(&visitor(number), "https://x.example/seen", &now))
}

#[test]
fn each_change_is_a_row_or_a_line_of_json_and_filters_hold() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start(data.path());
    let client = server.client();
    let segment = client.create_segment(&page_segment("Seen", "/seen", 1));
    let other = client.create_segment(&page_segment("Seen too", "/seen", 1));
    let customer = format!("cookie/{}", visitor(2));
    let all = Watch::start(data.path(), &[]);
    let one = Watch::start(data.path(), &["--json", "--segment", &segment]);
    let of_customer = Watch::start(data.path(), &["--json", "--customer", &customer]);
    wait_for_feeds(&server, 3.0);
    let session = view(&client, 1);
    view(&client, 2);

    let rows: Vec<String> = (0..6).map(|_| all.line()).collect();
    let of_first = rows.iter().filter(|row| row.contains(&visitor(1))).collect::<Vec<_>>();
    assert_eq!(of_first.len(), 3, "{rows:?}");
    let words: Vec<&str> = of_first[0].split_whitespace().collect();
    let whose = format!("cookie/{}", visitor(1));
    assert_eq!(words[1..], ["session.opened", &whose, "session", &session, "(web)"]);
    for segment in [&segment, &other] {
        let about = format!("segment.assigned    {whose}  segment {segment} v1  session {session}");
        assert_eq!(of_first.iter().filter(|row| row.contains(&about)).count(), 1, "{rows:?}");
    }

    let lines = [one.json(), one.json()];
    for (line, number) in lines.iter().zip([1, 2]) {
        assert_eq!(line["type"], "segment.assigned");
        assert_eq!(line["data"]["customer"]["id"], visitor(number));
        assert_eq!(line["data"]["assignment"]["segment"]["id"], segment);
    }
    let seen = [of_customer.json(), of_customer.json(), of_customer.json()];
    assert!(seen.iter().all(|line| line["data"]["customer"]["id"] == visitor(2)), "{seen:?}");
    for watch in [all, one, of_customer] {
        assert_eq!(watch.stop(), [""; 0]);
    }

    // From a place on, what came behind it comes again.
    let again = Watch::start(
        data.path(),
        &["--json", "--segment", &segment, "--after", text(&lines[0]["id"])],
    );
    assert_eq!(again.json(), lines[1]);
}

#[test]
fn it_comes_back_where_it_was_when_the_server_does() {
    let data = tempfile::tempdir().expect("a directory");
    let server = Process::start(data.path());
    let watch = Watch::start(data.path(), &["--json", "--type", "session.opened"]);
    wait_for_feeds(&server, 1.0);
    view(&server.client(), 1);
    assert_eq!(watch.json()["data"]["customer"]["id"], visitor(1));
    server.kill();
    // At another address.
    let server = Process::start(data.path());
    let client = server.client();
    view(&client, 2);
    view(&client, 3);
    for number in [2, 3] {
        assert_eq!(watch.json()["data"]["customer"]["id"], visitor(number));
    }
    assert_eq!(watch.stop(), [""; 0]);
}

#[test]
fn without_a_server_and_with_a_bad_filter_it_says_why() {
    let data = tempfile::tempdir().expect("a directory");
    let said = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_wayfare"))
            .arg("live")
            .args(arguments)
            .arg("--data")
            .arg(data.path())
            .env("WAYFARE_CLIENT_ID", CLIENT_ID)
            .env("WAYFARE_CLIENT_SECRET", CLIENT_SECRET)
            .output()
            .expect("the program");
        assert!(!output.status.success());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    assert!(said(&[]).contains("no server runs on the data directory"));
    assert!(said(&["--customer", "ada"]).contains("[ada] is not TYPE/ID"));
    let types = said(&["--customer", "cookie/1", "--customer", "email/2"]);
    assert!(types.contains("another type"), "{types}");
    let _server = Process::start(data.path());
    let refused = said(&["--segment", "nonsense"]);
    assert!(refused.contains("segmentIds") && refused.contains("nonsense"), "{refused}");
}
