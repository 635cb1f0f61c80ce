//! Names as Rust writes them, by the same library as the generator.

use heck::{ToPascalCase, ToSnakeCase};

/// `snake_case` of any text: `listProjects`, `GET /a/{b}`.
pub fn snake(text: &str) -> String {
    words(text).to_snake_case()
}

/// `PascalCase` of any text.
pub fn pascal(text: &str) -> String {
    words(text).to_pascal_case()
}

/// What the generator does before: an apostrophe divides no word, and two texts without a letter have words.
fn words(text: &str) -> String {
    match text {
        "+1" => "plus1".to_owned(),
        "-1" => "minus1".to_owned(),
        text => text.replace('\'', ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_has_a_name() {
        assert_eq!(snake("listFineTuningJobs"), "list_fine_tuning_jobs");
        assert_eq!(
            snake("GET /organization/{project_id}"),
            "get_organization_project_id"
        );
        assert_eq!(
            pascal("fine_tuned-model checkpoint"),
            "FineTunedModelCheckpoint"
        );
        assert_eq!(pascal("ProjectId"), "ProjectId");
        assert_eq!(pascal("won't"), "Wont");
        assert_eq!(
            (snake("+1"), snake("-1")),
            ("plus1".to_owned(), "minus1".to_owned())
        );
    }
}
