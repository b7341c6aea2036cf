//! Contacts: which identifiers an event gives, and which of two contacts stays.

use wayfare_model::attribute::Attribute;
use wayfare_model::contact::Contact;
use wayfare_model::customer::CustomerKey;
use wayfare_model::event::Event;
use wayfare_model::id::{ContactId, IdSource};
use wayfare_model::time::Moment;

/// The traits that are phone numbers.
const PHONES: [&str; 4] = ["phone", "cellPhone", "homePhone", "workPhone"];
/// Digits that a phone number has at least; shorter ones are extensions or typing errors, and would
/// join strangers.
const PHONE_DIGITS_MIN: usize = 5;

/// The identifiers that an event's traits give, in normal form, each once.
#[must_use]
pub fn identifiers(event: &Event) -> Vec<CustomerKey> {
    let value = |name: &str| event.traits.get(name).map(|found: &Attribute| found.value.as_str());
    let email = value("email").and_then(email);
    let phones = PHONES.iter().filter_map(|name| value(name)).filter_map(phone);
    let mut found = Vec::new();
    for identifier in email.into_iter().chain(phones) {
        if !found.contains(&identifier) {
            found.push(identifier);
        }
    }
    found
}

/// An e-mail address as an identifier: trimmed and in lower case. `None` for what is none.
#[must_use]
pub fn email(text: &str) -> Option<CustomerKey> {
    let address = text.trim().to_lowercase();
    let (name, domain) = address.rsplit_once('@')?;
    (!name.is_empty() && !domain.is_empty()).then(|| CustomerKey::new(CustomerKey::EMAIL, &address))
}

/// A phone number as an identifier: its digits, after a `+` if it begins with one. `None` for what
/// has too few digits.
#[must_use]
pub fn phone(text: &str) -> Option<CustomerKey> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < PHONE_DIGITS_MIN {
        return None;
    }
    let plus = if text.trim_start().starts_with('+') { "+" } else { "" };
    Some(CustomerKey::new(CustomerKey::PHONE, format!("{plus}{digits}")))
}

/// The contact of a visitor whom nothing links to a known one, and who comes at `moment`.
pub(crate) fn id_for(ids: &IdSource, customer: &CustomerKey, moment: Moment) -> ContactId {
    let parts = [customer.id_type.as_bytes(), customer.id.as_bytes()];
    ContactId::from_uuid(ids.derive_at(moment, "contact", &parts))
}

/// Of two contacts that are one person, the one that stays and the one that is merged into it: the
/// older stays.
pub(crate) fn older_first<'a>(one: &'a Contact, other: &'a Contact) -> (&'a Contact, &'a Contact) {
    if (one.created, one.id) <= (other.created, other.id) { (one, other) } else { (other, one) }
}

#[cfg(test)]
mod tests {
    use super::{email, phone};

    #[test]
    fn the_same_address_in_any_writing_is_one_identifier() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(email(text).map(|key| key.id).as_deref(), expected, "{text:?}");
        };
        check("  Ada@Example.ORG ", Some("ada@example.org"));
        check("ada@example.org", Some("ada@example.org"));
        for text in ["", "ada", "@example.org", "ada@", " @ "] {
            check(text, None);
        }
    }

    #[test]
    fn the_same_number_in_any_writing_is_one_identifier() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(phone(text).map(|key| key.id).as_deref(), expected, "{text:?}");
        };
        check("+1 (317) 555-0100", Some("+13175550100"));
        check("317.555.0100", Some("3175550100"));
        for text in ["", "+", "n/a", "1234", "+12 34"] {
            check(text, None);
        }
    }
}
