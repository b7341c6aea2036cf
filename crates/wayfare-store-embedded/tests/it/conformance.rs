//! The conformance suite.

use tempfile::TempDir;
use wayfare_store::Stores;
use wayfare_store_embedded::{EmbeddedStore, FactOptions, Options};

/// A new store in a directory of its own, which is removed after it.
#[expect(clippy::unused_async, reason = "the suite awaits it, since other stores connect")]
async fn make_store() -> (Stores, (EmbeddedStore, TempDir)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    // However few facts there are, maintenance makes a file of them.
    let facts = FactOptions { ship_after_ms: 0, ship_rows_min: 1, ..FactOptions::default() };
    let options = Options { facts, ..Options::default() };
    let store = EmbeddedStore::open(directory.path(), options).expect("a store");
    (store.stores(), (store, directory))
}

wayfare_store::conformance_suite!(make_store);
