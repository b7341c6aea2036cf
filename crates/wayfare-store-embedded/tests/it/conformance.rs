//! The conformance suite.

use tempfile::TempDir;
use wayfare_store::Stores;
use wayfare_store_embedded::{EmbeddedStore, Options};

/// A new store in a directory of its own, which is removed after it.
#[expect(clippy::unused_async, reason = "the suite awaits it, since other stores connect")]
async fn make_store() -> (Stores, (EmbeddedStore, TempDir)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = EmbeddedStore::open(directory.path(), Options::default()).expect("a store");
    (store.stores(), (store, directory))
}

wayfare_store::conformance_suite!(make_store);
