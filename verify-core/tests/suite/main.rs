//! The core from outside, against HMAC and encodings as the textbook has them (`common.rs`).
#![expect(clippy::unwrap_used, reason = "what is unwrapped is well-formed by construction")]

mod common;
mod config;
mod laws;
mod lists;
mod rejections;
mod retry_after;
mod vectors;
