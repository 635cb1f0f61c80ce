//! The media types that the generator can write.

/// How the body of a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// From a value, which needs a schema.
    Value,
    /// From bytes as they are.
    Bytes,
    /// From text as it is.
    Text,
}

/// How a body of this media type is made, if the generator can.
pub(super) fn body(media: &str) -> Option<Body> {
    match essence(media) {
        "application/json" | "application/x-www-form-urlencoded" => Some(Body::Value),
        "application/octet-stream" => Some(Body::Bytes),
        "text/plain" | "text/x-markdown" => Some(Body::Text),
        _ => None,
    }
}

/// Whether an answer of this media type is read into a type.
pub(super) fn is_json(media: &str) -> bool {
    essence(media) == "application/json"
}

/// A media type without its parameters.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default()
}
