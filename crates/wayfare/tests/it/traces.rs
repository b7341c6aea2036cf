//! Traces, as a collector receives them.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::harness::{AGGREGATES, Process, aggregates, page_view, visitor, wall_clock};

/// A collector: takes requests, and keeps what they say.
struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let received = Arc::<Mutex<Vec<ExportTraceServiceRequest>>>::default();
        let kept = received.clone();
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, kept) = (stream.expect("a connection"), kept.clone());
                std::thread::spawn(move || take_requests(&stream, &kept));
            }
        });
        Self { address, received }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All spans so far, and what is said of where they come from.
    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().expect("what was received");
        let resources = received.iter().flat_map(|request| &request.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| &scope.spans).cloned().collect()
    }

    fn resources(&self) -> Vec<BTreeMap<String, String>> {
        let received = self.received.lock().expect("what was received");
        let resources = received.iter().flat_map(|request| &request.resource_spans);
        let resources = resources.filter_map(|resource| resource.resource.as_ref());
        resources.map(|resource| attributes(&resource.attributes)).collect()
    }
}

fn take_requests(stream: &TcpStream, kept: &Mutex<Vec<ExportTraceServiceRequest>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or_default() == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_ascii_lowercase());
        }
        assert_eq!(head[0], "post /v1/traces http/1.1");
        assert!(head.contains(&"content-type: application/x-protobuf".to_owned()), "{head:?}");
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.expect("a length").parse().expect("a number")];
        reader.read_exact(&mut body).expect("a body");
        let request = ExportTraceServiceRequest::decode(&body[..]).expect("OTLP");
        kept.lock().expect("what was received").push(request);
        let mut stream = stream;
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).expect("an answer");
    }
}

fn attributes(found: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|it| it.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    found.iter().map(|attribute| (attribute.key.clone(), text(&attribute.value))).collect()
}

#[test]
fn a_collector_receives_requests_and_batches_as_they_were() {
    let data = tempfile::tempdir().expect("a directory");
    let collector = Collector::start();
    let server = Process::start_with(data.path(), &["--otlp-endpoint", &collector.url()]);
    let client = server.client();
    let now = wall_clock();
    let visitor = visitor(7);
    client.record(&page_view(&visitor, "https://shop.example/cart", &now.to_string()));
    let path = format!("/api/v2/journey/customers/cookie/{visitor}/segments");
    client.get(&path).with(200);
    client.get("/api/v2/journey/segments/none").error(404, "not.found");
    let interval = format!("{}/P2D", now.plus_ms(-86_400_000));
    client.post(AGGREGATES, &aggregates(&interval, "nJourneySessions", &[])).with(200);
    // What is not sent yet goes out at the end.
    assert!(server.terminate().success());

    let spans = collector.spans();
    let named = |name: &str| -> Vec<&Span> {
        let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        let names: Vec<_> = spans.iter().map(|span| &span.name).collect();
        assert!(!found.is_empty(), "no span {name} among {names:?}");
        found
    };
    let event = named("POST /api/v2/journey/deployments/{deploymentId}/webevents")[0];
    let about = attributes(&event.attributes);
    assert_eq!(about["http.response.status_code"], "200");
    assert_eq!(about["http.request.method"], "POST");
    assert!(uuid::Uuid::parse_str(&about["request.id"]).is_ok(), "{about:?}");
    assert_eq!(event.kind, 2, "a server's");
    assert!(event.end_time_unix_nano > event.start_time_unix_nano);
    let unknown = named("GET /api/v2/journey/segments/{segmentId}")[0];
    assert_eq!(attributes(&unknown.attributes)["http.response.status_code"], "404");

    // The steps of a batch are its children.
    let batch = named("batch")[0];
    assert_eq!(attributes(&batch.attributes)["commands"], "1");
    for step in ["load", "apply", "commit"] {
        let child = named(step).into_iter().find(|child| child.parent_span_id == batch.span_id);
        let child = child.unwrap_or_else(|| panic!("{step} is no child of the batch"));
        assert_eq!(child.trace_id, batch.trace_id);
    }
    let query = named("POST /api/v2/analytics/journeys/aggregates/query")[0];
    let folded = named("aggregates_query")[0];
    assert_eq!((&folded.trace_id, &folded.parent_span_id), (&query.trace_id, &query.span_id));

    let resource = &collector.resources()[0];
    assert_eq!(resource["service.name"], "wayfare");
    assert_eq!(resource["service.version"], env!("CARGO_PKG_VERSION"));

    // Nothing that visitors sent.
    let all = format!("{spans:?}");
    for sent in [visitor.as_str(), "shop.example", "page_viewed"] {
        assert!(!all.contains(sent), "{sent} is told to the collector");
    }
}

#[test]
fn a_collector_that_is_gone_delays_nobody() {
    let data = tempfile::tempdir().expect("a directory");
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let server = Process::start_with(data.path(), &["--otlp-endpoint", &format!("http://{gone}")]);
    let client = server.client();
    for number in 0..50 {
        let created = wall_clock().to_string();
        client.record(&page_view(&visitor(number), "https://shop.example/", &created));
    }
    assert!(server.terminate().success());
}

#[test]
fn an_address_that_is_none_is_told_before_anything_starts() {
    let data = tempfile::tempdir().expect("a directory");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wayfare"))
        .args(["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", "collector:4317", "--data"])
        .arg(data.path())
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("[collector:4317] is not the address of a collector"),
        "{complaint}"
    );
}
