//! The targets of the fuzzer as ordinary tests: over the committed corpora, and over random input that
//! is the same every time. How to run the fuzzer is told in `CONTRIBUTING.md`.

#[cfg(test)]
#[path = "../matcher/naive.rs"]
mod naive;
#[cfg(test)]
mod targets;

#[cfg(test)]
mod runs;
