#![doc = include_str!("../README.md")]

#[cfg(target_os = "linux")]
mod crowd;

#[cfg(target_os = "linux")]
pub use crowd::withstand;
