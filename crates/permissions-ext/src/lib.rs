//! permissions-ext
