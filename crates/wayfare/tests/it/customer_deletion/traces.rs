//! Looking for bytes in all files of a directory.

use std::path::Path;

use uuid::Uuid;

/// Bytes that must not be found.
pub(super) struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    /// Texts; of a UUID also its other writings and its 16 bytes.
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut traces = Vec::new();
        for text in texts {
            let mut add = |how: &str, bytes: &[u8]| {
                traces.push((format!("{text} as {how}"), bytes.to_vec()));
            };
            add("text", text.as_bytes());
            add("text in capitals", text.to_uppercase().as_bytes());
            let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            add("wide text", &wide);
            if let Ok(uuid) = Uuid::parse_str(text) {
                add("16 bytes", uuid.as_bytes());
                add("16 bytes the other way round", &uuid.to_bytes_le());
                add("text without hyphens", uuid.simple().to_string().as_bytes());
            }
        }
        Self(traces)
    }

    /// What is found, and where.
    pub(super) fn found_in(&self, directory: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(directory).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                found.extend(self.found_in(&path));
                continue;
            }
            let bytes = std::fs::read(&path).expect("a file");
            for (what, trace) in &self.0 {
                if holds(&bytes, trace) {
                    found.push(format!("{what} in {}", path.display()));
                }
            }
        }
        found
    }
}

fn holds(bytes: &[u8], trace: &[u8]) -> bool {
    let (first, rest) = trace.split_first().expect("some bytes");
    let mut from = 0;
    while let Some(place) = bytes[from..].iter().position(|byte| byte == first) {
        from += place + 1;
        if bytes[from..].starts_with(rest) {
            return true;
        }
    }
    false
}

#[test]
fn bytes_are_found_wherever_they_are() {
    let own = tempfile::tempdir().expect("a temporary directory");
    let below = own.path().join("below");
    std::fs::create_dir(&below).expect("a directory");
    let uuid = Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0);
    let traces = Traces::of(&[&uuid.to_string()]);
    for bytes in [&uuid.as_bytes()[..], uuid.simple().to_string().as_bytes()] {
        std::fs::write(below.join("file"), [b"\x12\x12before", bytes, b"after"].concat())
            .expect("a file");
        assert_eq!(traces.found_in(own.path()).len(), 1);
    }
    std::fs::write(below.join("file"), &uuid.as_bytes()[1..]).expect("a file");
    assert_eq!(traces.found_in(own.path()).len(), 0);
}
