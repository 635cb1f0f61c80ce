//! Who asks.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::App;
use super::error::ApiError;
use crate::keys::Role;

/// Proof that the request carries an admin key. Every operation takes it as its first argument.
#[derive(Debug)]
pub(super) struct Admin(());

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .ok_or_else(ApiError::missing_key)?;
        let key = bearer(header.as_bytes()).ok_or_else(ApiError::missing_key)?;
        match app.keys.role(key) {
            Some(Role::Admin) => Ok(Self(())),
            Some(Role::Project) => Err(ApiError::not_admin()),
            None => Err(ApiError::unknown_key()),
        }
    }
}

/// The key in `Bearer KEY`; the scheme's case does not matter.
fn bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(7)?;
    let key = rest.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_key_is_taken() {
        assert_eq!(bearer(b"Bearer sk-1"), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"bearer  sk-1 "), Some(b"sk-1".as_slice()));
        assert_eq!(bearer(b"Basic c2stMQ=="), None);
        assert_eq!(bearer(b"Bearer "), None);
        assert_eq!(bearer(b"Bear"), None);
        assert_eq!(bearer(b""), None);
    }
}
