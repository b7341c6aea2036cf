//! Wire names turned into Rust names.

/// `displayName` -> `display_name`; a Rust keyword gets an underscore: `type` -> `type_`.
pub(crate) fn field_name(wire_name: &str) -> String {
    let mut name = String::new();
    for letter in wire_name.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    if KEYWORDS.contains(&&*name) {
        name.push('_');
    }
    name
}

/// `containsAll` -> `ContainsAll`, `QUEUED` -> `Queued`, `get_journey_view` -> `GetJourneyView`.
pub(crate) fn pascal_case(wire_name: &str) -> String {
    let shouted = !wire_name.chars().any(|letter| letter.is_ascii_lowercase());
    let mut name = String::new();
    let mut at_start = true;
    for letter in wire_name.chars() {
        if !letter.is_ascii_alphanumeric() {
            at_start = true;
        } else if at_start {
            name.push(letter.to_ascii_uppercase());
            at_start = false;
        } else if shouted {
            name.push(letter.to_ascii_lowercase());
        } else {
            name.push(letter);
        }
    }
    name
}

/// What `#[serde(rename_all = "camelCase")]` makes of a field name.
pub(crate) fn serde_camel_case(field_name: &str) -> String {
    let mut name = String::new();
    let mut after_underscore = false;
    for letter in field_name.chars() {
        if letter == '_' {
            after_underscore = true;
        } else if after_underscore {
            name.push(letter.to_ascii_uppercase());
            after_underscore = false;
        } else {
            name.push(letter);
        }
    }
    name
}

/// Keywords that are plausible as wire names.
const KEYWORDS: &[&str] = &[
    "as", "const", "else", "enum", "false", "for", "if", "impl", "in", "let", "loop", "match",
    "mod", "move", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "type", "use", "where", "while", "async", "await", "dyn", "final", "macro", "override",
    "abstract", "try",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_become_rust_names() {
        for (wire, field, pascal) in [
            ("displayName", "display_name", "DisplayName"),
            ("type", "type_", "Type"),
            ("p95", "p95", "P95"),
            ("QUEUED", "queued_is_no_field", "Queued"),
            ("nDistinctJourneyActions", "n_distinct_journey_actions", "NDistinctJourneyActions"),
        ] {
            if wire != "QUEUED" {
                assert_eq!(field_name(wire), field);
            }
            assert_eq!(pascal_case(wire), pascal);
        }
        assert_eq!(pascal_case("get_journey_view"), "GetJourneyView");
        assert_eq!(serde_camel_case("display_name"), "displayName");
    }
}
