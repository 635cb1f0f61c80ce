//! Names as Rust writes them.

/// `snake_case` of any text: `listProjects`, `GET /a/{b}`.
pub fn snake(text: &str) -> String {
    words(text).join("_")
}

/// `PascalCase` of any text.
pub fn pascal(text: &str) -> String {
    let capital = |word: &String| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    words(text).iter().map(capital).collect()
}

/// The words of a text in lower case, split at case changes and at everything but letters and digits.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = text.chars().collect();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| chars.get(before));
        let after_lower = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let before_lower = chars.get(index + 1).is_some_and(char::is_ascii_lowercase);
        let starts = c.is_ascii_uppercase() && (after_lower || before_lower);
        if starts && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.push(c.to_ascii_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_where_the_case_changes() {
        assert_eq!(snake("listFineTuningJobs"), "list_fine_tuning_jobs");
        assert_eq!(snake("getHTTPStatus2xx"), "get_http_status2xx");
        assert_eq!(
            snake("GET /organization/{project_id}"),
            "get_organization_project_id"
        );
        assert_eq!(
            pascal("fine_tuned-model checkpoint"),
            "FineTunedModelCheckpoint"
        );
        assert_eq!(pascal("ProjectId"), "ProjectId");
    }
}
