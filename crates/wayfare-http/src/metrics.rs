//! What is measured: counting requests, and writing down what the product has counted.

mod requests;
mod text;

pub(crate) use requests::RequestMetrics;
pub(crate) use text::{CONTENT_TYPE, write};
