//! Generates the client from the upstream OpenAPI document.
//!
//! ```text
//! upstream spec → select → lower → overlay → openapi/permissions.json → generate → src/generated.rs
//! ```
//!
//! Each stage is a pure function on JSON values in its own module. [`regen`] runs them in order.

pub mod coverage;
pub mod document;
pub mod fetch;
pub mod generate;
mod keywords;
pub mod layout;
pub mod lock;
pub mod lower;
mod model;
pub mod names;
pub mod output;
pub mod overlay;
pub mod problem;
mod reference;
pub mod regen;
pub mod report;
mod schema;
pub mod select;
pub mod surface;
pub mod tree;
