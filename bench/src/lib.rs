#![doc = include_str!("../README.md")]

pub mod callgrind;
pub mod check;
pub mod contest;
pub mod delivery;
pub mod fresh;
pub mod headers;
pub mod interleaved;
pub mod load;
pub mod mark;
pub mod plot;
pub mod process;
pub mod report;
pub mod upstream;
