//! Maintainers' tasks: from the upstream OpenAPI document to the generated client.
//!
//! ```text
//! upstream file → select → canonical → overlay → lower → openapi/permissions.json → generate → src/generated/
//! ```
//!
//! Each stage is a pure function on values in a module of its own; [`regen`] runs them all.

pub mod coverage;
mod disk;
pub mod document;
pub mod fetch;
pub mod generate;
mod keywords;
pub mod lock;
pub mod lower;
pub mod names;
pub mod operations;
pub mod output;
pub mod overlay;
pub mod problem;
mod reference;
pub mod regen;
pub mod report;
mod schema;
pub mod select;
mod shapes;
pub mod surface;
mod template;
pub mod tree;
