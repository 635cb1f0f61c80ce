//! The media types that progenitor supports.

/// Encoding of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Json,
    Form,
    /// Bytes, without a schema.
    Bytes,
    /// A string, without a schema.
    Text,
}

/// Returns the encoding of a request body, if progenitor supports the media type.
pub(crate) fn body(media: &str) -> Option<Body> {
    match essence(media) {
        "application/json" => Some(Body::Json),
        "application/x-www-form-urlencoded" => Some(Body::Form),
        "application/octet-stream" => Some(Body::Bytes),
        "text/plain" | "text/x-markdown" => Some(Body::Text),
        _ => None,
    }
}

/// Whether a response of this media type is decoded.
pub(crate) fn is_json(media: &str) -> bool {
    essence(media) == "application/json"
}

/// Returns a media type without its parameters.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default()
}
