//! PostgreSQL: where a server is, connections to it, and what went wrong.

mod address;
mod pool;
mod stream;
mod trouble;

pub use self::{
    address::Address,
    pool::{Pool, Setup, Usage},
    trouble::Trouble,
};
