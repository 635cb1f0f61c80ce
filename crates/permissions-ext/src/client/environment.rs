use std::ffi::OsString;

pub(super) const ADMIN_KEY: &str = "OPENAI_ADMIN_KEY";
pub(super) const BASE_URL: &str = "OPENAI_BASE_URL";
pub(super) const ORGANIZATION: &str = "OPENAI_ORG_ID";
pub(super) const PROJECT: &str = "OPENAI_PROJECT_ID";
pub(super) const ORDINARY_KEY: &str = "OPENAI_API_KEY";

/// Returns the value of a variable. A blank value counts as unset.
pub(super) fn variable(
    lookup: &impl Fn(&str) -> Option<OsString>,
    name: &'static str,
) -> Result<Option<String>, String> {
    let Some(value) = lookup(name) else {
        return Ok(None);
    };
    let value = value
        .into_string()
        .map_err(|_| format!("{name} is not valid UTF-8"))?;
    Ok((!value.trim().is_empty()).then_some(value))
}
