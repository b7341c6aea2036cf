//! What a store must do: traits, errors, and the conformance suite every backend runs.
