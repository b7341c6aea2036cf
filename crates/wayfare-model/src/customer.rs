//! Who a visitor is: a customer id with its type, and the identifiers that lead to a contact.

/// A customer as the contract names one: an open type (`cookie`, `email`, `phone`, ...) and an id
/// that may hold any character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustomerKey {
    /// The type of the id, open text. Visitors of a site or an app are `cookie`.
    pub id_type: String,
    /// The id.
    pub id: String,
}

impl CustomerKey {
    /// The type of a visitor's cookie id.
    pub const COOKIE: &'static str = "cookie";
    /// The type of an e-mail address.
    pub const EMAIL: &'static str = "email";
    /// The type of a phone number.
    pub const PHONE: &'static str = "phone";

    /// A customer known by a cookie.
    #[must_use]
    pub fn cookie(id: impl Into<String>) -> Self {
        Self { id_type: Self::COOKIE.to_owned(), id: id.into() }
    }

    /// A customer of any type.
    #[must_use]
    pub fn new(id_type: impl Into<String>, id: impl Into<String>) -> Self {
        Self { id_type: id_type.into(), id: id.into() }
    }
}
