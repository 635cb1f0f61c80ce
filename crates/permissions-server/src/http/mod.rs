//! The operations over HTTP.

mod body;
mod error;
mod fault;
mod guard;
mod list;
mod operation;
mod path;
mod permissions;
mod query;
mod response;
mod trace;
mod unparsed;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::keys::Keys;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::rate::RateLimit;
use crate::record::Recorder;
use crate::store::Store;
use error::ApiError;
pub(crate) use fault::DropConnection;
pub(crate) use unparsed::explain;

/// What every request may use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) faults: Option<Faults>,
    pub(crate) recorder: Option<Recorder>,
    pub(crate) metrics: Metrics,
}

const PERMISSIONS: &str = "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions";
const PERMISSION: &str =
    "/v1/fine_tuning/checkpoints/{fine_tuned_model_checkpoint}/permissions/{permission_id}";

/// All routes.
pub(crate) fn router(app: Arc<App>) -> Router {
    let mut operations = Router::new()
        .route(
            PERMISSIONS,
            get(permissions::list).post(permissions::create),
        )
        .route(PERMISSION, delete(permissions::delete))
        .route_layer(from_fn_with_state(Arc::clone(&app), guard::admin_only));
    // Only where it has something to do: every request pays for a layer.
    if app.faults.is_some() {
        operations =
            operations.route_layer(from_fn_with_state(Arc::clone(&app), fault::on_request));
    }
    Router::new()
        .route("/healthz", get(operation::healthz))
        .route("/readyz", get(operation::readyz))
        .route("/metrics", get(operation::metrics))
        .route("/openapi.json", get(operation::openapi))
        .merge(operations)
        .fallback(|request: axum::extract::Request| async move {
            ApiError::unknown_url(request.method(), request.uri().path())
        })
        .method_not_allowed_fallback(|request: axum::extract::Request| async move {
            ApiError::method_not_allowed(request.method(), request.uri().path())
        })
        .layer(from_fn_with_state(Arc::clone(&app), trace::every_request))
        .with_state(app)
}
