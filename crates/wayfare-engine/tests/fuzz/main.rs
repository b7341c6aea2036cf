//! The targets of the fuzzer as ordinary tests: over the committed corpora, and over random input that
//! is the same every time. How to run the fuzzer is told in `CONTRIBUTING.md`.

#[cfg(test)]
mod aggregates;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod input;
#[cfg(test)]
#[path = "../matcher/naive.rs"]
mod naive;
#[cfg(test)]
#[path = "../it/oracle.rs"]
#[expect(dead_code, reason = "no definition changes here")]
mod oracle;
#[cfg(test)]
#[path = "../../src/aggregates/tests/naive.rs"]
mod plainest;
#[cfg(test)]
mod targets;

#[cfg(test)]
mod runs;
