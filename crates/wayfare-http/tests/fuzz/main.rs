//! The targets of the fuzzer at the doors, as ordinary tests: over the committed corpora, and over
//! random input that is the same every time. How to run the fuzzer is told in `CONTRIBUTING.md`.

#[cfg(test)]
mod bodies;
#[cfg(test)]
#[path = "../../../wayfare-engine/tests/fuzz/corpus.rs"]
mod corpus;
#[cfg(test)]
mod cursors;

#[cfg(test)]
mod runs;
