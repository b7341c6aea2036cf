//! How the product reaches out: messages to receivers of webhooks, and where they may go.
//!
//! The one room that connects to somebody else. Deliberately absent: what is delivered, when and how
//! often (`wayfare_app::webhooks`). Start reading at [`networks`]: which addresses are refused.

mod client;
pub mod networks;

pub use client::{HttpSender, SenderOptions};
