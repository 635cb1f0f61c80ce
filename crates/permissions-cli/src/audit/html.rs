pub(crate) const START: &str = "<!doctype html>";
