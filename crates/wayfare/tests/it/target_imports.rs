//! Action targets from a file, and taken out of use: over HTTP, and on the command line.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::harness::{Answer, Process, TestClient, TestServer, text};

const TARGETS: &str = "/api/v2/journey/actiontargets";
const OWN: &str = "/api/wayfare/v1/actiontargets";
const IMPORTS: &str = "/api/wayfare/v1/actiontargets/imports";
const ID: &str = "7a96e750-0000-4000-8000-000000000001";

fn full(name: &str) -> Value {
    json!({
        "name": name, "description": "who sells", "state": "inactive",
        "userData": [{ "key": "queueId", "value": "q-1" }],
        "supportedMediaTypes": ["webchat", "callback"],
        "serviceLevel": { "percentage": 0.5, "durationMs": 1000 }, "shortAbandonThreshold": 5,
    })
}

fn import(client: &TestClient<'_>, text: &str) -> Answer {
    client.send_text("POST", IMPORTS, text)
}

fn names(client: &TestClient<'_>) -> Vec<String> {
    client.walk(TARGETS).iter().map(|target| text(&target["name"]).to_owned()).collect()
}

#[test]
fn a_file_is_lines_or_a_list_or_a_listing() {
    let (mut sales, help) = (full("Sales"), json!({ "name": "Help" }));
    sales["id"] = json!(ID);
    for file in [
        format!("{sales}\n\n  {help}\r\n"),
        json!([sales, help]).to_string(),
        serde_json::to_string_pretty(&json!({ "entities": [sales, help], "total": 2 }))
            .expect("JSON"),
    ] {
        let server = TestServer::start();
        let client = server.client();
        let answer = import(&client, &file).with(200);
        assert_eq!((&answer["created"], &answer["unchanged"]), (&json!(2), &json!(0)), "{file}");
        assert_eq!(names(&client), ["Default", "Sales", "Help"].map(str::to_owned));
        let made = client.get(&format!("{TARGETS}/{ID}")).with(200);
        assert_eq!(made, answer["entities"][0]);
        for (field, value) in sales.as_object().expect("a target") {
            assert_eq!(&made[field], value, "{field}");
        }
        // What is left out is as with any new one.
        let other = &answer["entities"][1];
        assert_eq!(other["state"], "active");
        assert_eq!(other["serviceLevel"], json!({ "percentage": 0.8, "durationMs": 20_000 }));

        server.clock.advance_minutes(1);
        let again = import(&client, &file).with(200);
        assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)));
        assert_eq!(again["entities"], answer["entities"]);
        // What an organisation lists can be read back.
        let listed = client.get(TARGETS).with(200).to_string();
        assert_eq!(import(&client, &listed).with(200)["unchanged"], 3);
    }
    let server = TestServer::start();
    let one = serde_json::to_string_pretty(&sales).expect("JSON");
    assert_eq!(import(&server.client(), &one).with(200)["created"], 1);
}

#[test]
fn all_faults_are_told_with_line_and_field_and_nothing_is_made() {
    let server = TestServer::start();
    let client = server.client();
    let lines = [
        json!({ "name": "Good" }).to_string(),
        json!({ "description": "nameless", "state": "asleep" }).to_string(),
        String::new(),
        "{ \"name\": ".to_owned(),
        json!({ "name": 7 }).to_string(),
        json!({ "id": "first", "name": "x" }).to_string(),
        json!({ "name": "Good", "state": "inactive" }).to_string(),
        json!({ "name": "Default" }).to_string(),
        json!({ "name": "n".repeat(300), "supportedMediaTypes": ["smoke"],
            "serviceLevel": { "percentage": 2 } })
        .to_string(),
    ];
    let answer = import(&client, &lines.join("\n"));
    assert_eq!(
        answer.faults(),
        "constraint.validation line 2.name\n\
         invalid.value line 2.state\n\
         bad.request line 4.name\n\
         invalid.value line 5.name\n\
         invalid.value line 6.id\n\
         constraint.validation line 7.name\n\
         constraint.validation line 8.name\n\
         constraint.validation line 9.name\n\
         invalid.value line 9.supportedMediaTypes[0]\n\
         invalid.value line 9.serviceLevel.percentage\n\
         constraint.validation line 9.serviceLevel.durationMs\n"
    );
    assert_eq!(answer.status, 400);
    let details = answer.json["details"].as_array().expect("details").clone();
    let messages: Vec<&str> = details.iter().map(|detail| text(&detail["message"])).collect();
    assert_eq!(messages[5], "line 7: field [name] is that of line 1 too");
    assert!(messages[6].starts_with("line 8: field [name] is that of action target '"));
    assert_eq!(names(&client), ["Default"]);
    let in_list = import(&client, &json!([{ "name": "Good" }, { "name": "" }]).to_string());
    assert_eq!(in_list.faults(), "constraint.validation [1].name\n");
    for (file, code) in [("", "bad.request"), (" \n", "bad.request"), ("[{}", "bad.request")] {
        import(&client, file).error(400, code);
    }
    let many = json!(vec![json!({ "name": "x" }); 1_001]).to_string();
    let message = import(&client, &many).error(413, "request.entity.too.large");
    assert!(message.contains("1001"), "{message}");
    assert_eq!(names(&client), ["Default"]);
}

#[test]
fn an_import_needs_its_permission() {
    let server = TestServer::start();
    let file = json!({ "name": "x" }).to_string();
    let edits = server.client_with(&["wayfare:actionTarget:edit"]);
    import(&edits, &file).error(403, "missing.any.permissions");
    let adds = server.client_with(&["wayfare:actionTarget:add"]);
    import(&adds, &file).with(200);
}

/// `wayfare target ...` on a data directory, with something on its standard input.
fn target(directory: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .arg("target")
        .args(arguments)
        .arg("--data")
        .arg(directory)
        .env("WAYFARE_CLIENT_ID", crate::harness::CLIENT_ID)
        .env("WAYFARE_CLIENT_SECRET", crate::harness::CLIENT_SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("its input");
    // It need not read what it has no use for.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("its end")
}

fn printed(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The commands, on a directory that a server runs on or not.
fn check_commands(directory: &Path) {
    let file = directory.join("targets.ndjson");
    let mut sales = full("Sales");
    sales["id"] = json!(ID);
    std::fs::write(&file, format!("{sales}\n{}\n", json!({ "name": "Help" }))).expect("a file");
    let name = file.to_str().expect("a name");
    let made = printed(&target(directory, &["import", name], ""));
    assert_eq!(made, "Made 2 action targets; 0 were there already.");
    let again: Value =
        serde_json::from_str(&printed(&target(directory, &["import", name, "--json"], "")))
            .expect("JSON");
    assert_eq!((&again["created"], &again["unchanged"]), (&json!(0), &json!(2)));

    let refused = target(directory, &["import", "-"], "{\"name\": \"a\"}\n{\"name\": \"\"}\n");
    assert_eq!(refused.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(complaint.contains("line 2: field [name]"), "{complaint}");
    let missing = target(directory, &["import", "nowhere.json"], "");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read nowhere.json"));

    let state = |command: &str| {
        let text = printed(&target(directory, &[command, ID, "--json"], ""));
        serde_json::from_str::<Value>(&text).expect("JSON")["state"].clone()
    };
    assert_eq!(state("activate"), "active");
    assert_eq!(state("deactivate"), "inactive");
    let words = printed(&target(directory, &["deactivate", ID], ""));
    assert_eq!(words, "The action target Sales is inactive.");
    let unknown = "a5a5a5a5-0000-4000-8000-00000000abcd";
    let refused = target(directory, &["deactivate", unknown], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains(unknown));
    let listed: Value =
        serde_json::from_str(&printed(&target(directory, &["list", "--json"], ""))).expect("JSON");
    let names: Vec<&str> = listed["entities"]
        .as_array()
        .expect("entities")
        .iter()
        .map(|target| text(&target["name"]))
        .collect();
    assert_eq!(names, ["Default", "Sales", "Help"]);
}

#[test]
fn the_commands_work_on_a_data_directory_and_on_a_server() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    TestServer::open(directory.path()).close();
    check_commands(directory.path());

    let directory = tempfile::tempdir().expect("a temporary directory");
    let server = Process::start(directory.path());
    check_commands(directory.path());
    let client = server.client();
    let changed = client.patch(&format!("{OWN}/{ID}"), &json!({ "state": "active" })).with(200);
    assert_eq!(changed["state"], "active");
}
