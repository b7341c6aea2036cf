//! Which documents name a customer who is deleted.

use wayfare_model::limits::DOCUMENTS_READ_AT_ONCE;
use wayfare_store::Stores;
use wayfare_store::documents::Kind;

use crate::access::organisations::Served;
use crate::error::Result;

/// The names of customers, as they stand in a document's JSON.
pub(crate) struct Names(Vec<String>);

impl Names {
    pub(super) fn of(customers: &[String]) -> Self {
        let written = |customer: &String| {
            let text = serde_json::Value::from(customer.as_str()).to_string();
            text.trim_matches('"').to_lowercase()
        };
        Self(customers.iter().map(written).collect())
    }

    /// Whether a text holds one of them, in capitals or not: people write them as they like.
    pub(crate) fn are_in(&self, body: &str) -> bool {
        let body = body.to_lowercase();
        self.0.iter().any(|name| body.contains(name.as_str()))
    }
}

/// Removes the documents of a kind that name one of these customers; gives how many.
pub(super) async fn remove_naming(
    stores: &Stores,
    served: &Served,
    kind: Kind,
    names: &Names,
) -> Result<u64> {
    let mut removed = 0;
    let mut after = None;
    loop {
        let page = stores.documents.list(served.id, kind, after, DOCUMENTS_READ_AT_ONCE).await?;
        let named = page.iter().filter(|found| names.are_in(&found.body));
        let named: Vec<_> = named.map(|found| (kind, found.id)).collect();
        if !named.is_empty() {
            removed += named.len() as u64;
            stores.documents.remove_all(served.id, named).await?;
        }
        after = page.last().map(|last| last.id);
        if page.len() < DOCUMENTS_READ_AT_ONCE {
            return Ok(removed);
        }
    }
}
