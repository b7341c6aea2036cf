//! The conformance suite (feature `conformance`).
