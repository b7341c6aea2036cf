//! The whole product, driven as its users drive it: by its API, in this process or as a program.
//!
//! Start reading at [`harness`]: what it checks on every answer is checked nowhere else. The other
//! modules are called after what they are about.

#[cfg(test)]
mod harness;

#[cfg(test)]
mod aggregate_jobs;
#[cfg(test)]
mod aggregates;
#[cfg(test)]
mod assignment_life;
#[cfg(test)]
mod assignments;
#[cfg(test)]
mod backtests;
#[cfg(test)]
mod backups;
#[cfg(test)]
mod bodies;
#[cfg(test)]
mod browsers;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod compatibility;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod contact_api;
#[cfg(test)]
mod contact_merges;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod customer_deletion;
#[cfg(test)]
mod deployments;
#[cfg(test)]
mod environment;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod event_cases;
#[cfg(test)]
mod event_retention;
#[cfg(test)]
mod events;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod fact_commands;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod health;
#[cfg(test)]
mod hostile_queries;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod interruptions;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod live;
#[cfg(test)]
mod live_command;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod operation_rows;
#[cfg(test)]
mod random_bodies;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod segment_versions;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod target_changes;
#[cfg(test)]
mod target_imports;
#[cfg(test)]
mod targets;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod webhooks;
