//! `${NAME}` in an id stands for an environment variable, so that one manifest serves several
//! organizations; `$$` is a dollar sign.

/// The value of a variable, where it has one.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Puts the values of variables in their place, or says what is wrong.
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
            return Err(
                "a $ begins a variable, as in ${NAME}; write $$ for the sign itself".into(),
            );
        };
        if !is_name(name) {
            return Err(format!("{name:?} is not the name of a variable"));
        }
        let value =
            lookup(name).ok_or_else(|| format!("the environment variable {name} is not set"))?;
        expanded.push_str(&value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The text that [`expand`] gives back as it was.
pub(super) fn escape(text: &str) -> String {
    text.replace('$', "$$")
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
