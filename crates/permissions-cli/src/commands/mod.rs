//! The subcommands: arguments and behaviour.

pub(crate) mod apply;
pub(crate) mod audit;
mod batch;
pub(crate) mod check;
pub(crate) mod completions;
mod confirm;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod man;
mod manifests;
pub(crate) mod plan;
mod plan_view;
pub(crate) mod projects;
pub(crate) mod schema;
pub(crate) mod serve;
mod words;
