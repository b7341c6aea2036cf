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
    fn fields_are_named_the_way_of_rust() {
        assert_eq!(field_name("displayName"), "display_name");
        assert_eq!(field_name("type"), "type_");
        assert_eq!(field_name("p95"), "p95");
    }

    #[test]
    fn types_and_variants_are_named_the_way_of_rust() {
        assert_eq!(pascal_case("containsAll"), "ContainsAll");
        assert_eq!(pascal_case("nDistinctJourneyActions"), "NDistinctJourneyActions");
        assert_eq!(pascal_case("QUEUED"), "Queued");
        assert_eq!(pascal_case("get_journey_view"), "GetJourneyView");
    }

    #[test]
    fn serde_turns_field_names_back() {
        assert_eq!(serde_camel_case("display_name"), "displayName");
        assert_eq!(serde_camel_case("p95"), "p95");
    }
}
