//! HTTP routes and middleware.

mod auth;
mod body;
mod check;
mod error;
mod fault;
mod list;
mod malformed;
mod monitoring;
mod operations;
mod path;
mod query;
mod response;
mod trace;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get};

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::connections::Connections;
use crate::faults::Faults;
use crate::id::IdSource;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::record::RecordedRequest;
use crate::store::Store;
use error::ApiError;
pub(crate) use fault::DropConnection;
pub(crate) use malformed::json_refusal;

/// State that all requests share.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) ids: IdSource,
    pub(crate) limits: Limits,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) faults: Option<Faults>,
    /// The requests so far, oldest first, if they are recorded.
    pub(crate) recorded: Option<Mutex<Vec<RecordedRequest>>>,
    pub(crate) metrics: Metrics,
    pub(crate) connections: Connections,
}

const PERMISSIONS: &str = "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions";
const PERMISSION: &str =
    "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}";

const PROJECTS: &str = "/v1/organization/projects";

/// Creates the routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut operations = Router::new()
        .route(PERMISSIONS, get(operations::list).post(operations::create))
        .route(PERMISSION, delete(operations::delete))
        .route(PROJECTS, get(operations::list_projects));
    // Each layer costs time in every request, so the layer that injects faults is added only if faults are configured.
    if app.faults.is_some() {
        operations = operations.route_layer(from_fn_with_state(Arc::clone(&app), fault::inject));
    }
    // The layer that is added last runs first. Authentication is added after the faults, so only requests with a valid
    // key get faults.
    let operations =
        operations.route_layer(from_fn_with_state(Arc::clone(&app), auth::require_admin));
    Router::new()
        .route("/healthz", get(monitoring::healthz))
        .route("/readyz", get(monitoring::readyz))
        .route("/metrics", get(monitoring::metrics))
        .route("/openapi.json", get(monitoring::openapi))
        .merge(operations)
        .fallback(unknown_url)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), trace::every_request))
        .with_state(app)
}

async fn unknown_url(request: Request) -> ApiError {
    let (method, path) = (request.method(), request.uri().path());
    let message = format!("there is no {method} {path}; check that the base URL ends in /v1");
    ApiError::new(StatusCode::NOT_FOUND, "unknown_url", message)
}

async fn method_not_allowed(request: Request) -> ApiError {
    let (method, path) = (request.method(), request.uri().path());
    let message = format!("{path} does not support {method}; use a method in the Allow header");
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        message,
    )
}
