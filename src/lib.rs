//! jettison

pub mod audit;
pub mod bytes;
pub mod entry;
pub mod error;
pub mod family;
pub mod plan;
pub mod policy;
pub mod risk;
pub mod rules;
pub mod source;
pub mod time;
pub mod tree;
