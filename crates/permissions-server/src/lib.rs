//! permissions-server
