//! The page of `docs/` that lists what conditions can look at, written from the table that
//! validation and matching read. `UPDATE_EXPECT=1` writes it anew.

use std::fmt::Write as _;

use expect_test::expect_file;
use wayfare_engine::segments::keys::{ContextKey, JourneyKey, Kind};
use wayfare_model::event::Stream;
use wayfare_model::segment::Operator;

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::NumericText => "text that begins with a number".to_owned(),
        Kind::Boolean => "`true`, `false`".to_owned(),
        Kind::Enumeration(words) => {
            words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
        }
    }
}

fn page() -> String {
    let mut page = String::from(
        "# Keys and operators of segments\n\n\
         <!-- Written by the tests of wayfare-engine from the table of keys. Do not edit. -->\n\n\
         Every other key is refused with 400. [segments.md](segments.md) says how conditions combine.\n\n\
         ## Of the visitor: `context.patterns[].criteria[].key`\n\n\
         | key | value |\n|---|---|\n",
    );
    for key in ContextKey::all() {
        let _ = writeln!(page, "| `{}` | {} |", key.name(), kind(key.kind()));
    }
    page.push_str(
        "\n## Of an event: `journey.patterns[].criteria[].key`\n\n\
         | key | value | `streamType` |\n|---|---|---|\n",
    );
    let of_app = JourneyKey::names(Stream::App);
    for name in JourneyKey::names(Stream::Web) {
        let key = JourneyKey::parse(Stream::Web, name).expect("a key of the table");
        let streams = if of_app.contains(&name) { "Web, App" } else { "Web" };
        let _ = writeln!(page, "| `{name}` | {} | {streams} |", kind(key.kind()));
    }
    page.push_str(
        "\n## `operator`\n\nEvery operator works on every key.\n\n\
         | operator | values | a field that is not there |\n|---|---|---|\n",
    );
    for operator in Operator::ALL {
        let values = if operator.is_numeric() { "exactly one number" } else { "1 to 100 texts" };
        let absent = if operator.as_str().starts_with("not") { "satisfies it" } else { "does not" };
        let _ = writeln!(page, "| `{operator}` | {values} | {absent} |");
    }
    page
}

#[test]
fn the_page_of_keys_tells_what_is_matched() {
    assert!(
        JourneyKey::names(Stream::App)
            .iter()
            .all(|key| JourneyKey::names(Stream::Web).contains(key))
    );
    expect_file!["../../../../docs/segment-keys.md"].assert_eq(&page());
}
