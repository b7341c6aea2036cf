//! Handlers, by noun: extract, call one use case, shape the answer.

pub(crate) mod aggregate_jobs;
pub(crate) mod aggregates;
pub(crate) mod assignments;
pub(crate) mod backtests;
pub(crate) mod backups;
pub(crate) mod clients;
pub(crate) mod contacts;
pub(crate) mod customers;
pub(crate) mod deployments;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod health;
pub(crate) mod imports;
pub(crate) mod live;
pub(crate) mod metrics;
pub(crate) mod oauth;
pub(crate) mod oauth_page;
pub(crate) mod oauth_sign_in;
pub(crate) mod roles;
pub(crate) mod segments;
pub(crate) mod sessions;
pub(crate) mod targets;
pub(crate) mod tokens;
pub(crate) mod users;
pub(crate) mod webhooks;
