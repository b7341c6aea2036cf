//! Snapshots without what differs from run to run.

use serde_json::Value;

/// The JSON, indented, with each UUID replaced by `#1`, `#2`, ... in the order of their first
/// appearance, so that a snapshot shows which of them are the same.
pub(crate) fn redacted(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).expect("JSON");
    let mut seen: Vec<&str> = Vec::new();
    let mut redacted = String::new();
    let mut rest = text.as_str();
    while let Some(next) = rest.chars().next() {
        let candidate = rest.get(..36).filter(|candidate| uuid::Uuid::parse_str(candidate).is_ok());
        if let Some(id) = candidate {
            let place = seen.iter().position(|known| *known == id).unwrap_or_else(|| {
                seen.push(id);
                seen.len() - 1
            });
            redacted.push_str(&format!("#{}", place + 1));
            rest = &rest[36..];
        } else {
            redacted.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    redacted.push('\n');
    redacted
}
