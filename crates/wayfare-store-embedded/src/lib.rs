//! The embedded store: one data directory, SQLite for truth.
