//! Environment variables in ids: `${NAME}` is replaced by the value, `$$` by a dollar sign.

/// Returns the value of an environment variable that is not empty.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Replaces the variables in a text. The error contains the reason.
pub(super) fn expand(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = rest.strip_prefix('{').and_then(|name| name.split_once('}'))
        else {
            return Err("a $ starts a variable such as ${NAME}; write $$ for a dollar sign".into());
        };
        if !is_name(name) {
            return Err(format!("{name:?} is not a valid name of a variable"));
        }
        let value =
            lookup(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Escapes dollar signs, so that [`expand`] returns the original text.
pub(super) fn escape(text: &str) -> String {
    text.replace('$', "$$")
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
