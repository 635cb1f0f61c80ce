//! The help texts.

use crate::support::{bare, run};

#[test]
fn every_command_has_help() {
    for (name, args) in [
        ("help", vec!["--help"]),
        ("help-short", vec!["-h"]),
        ("help-list", vec!["list", "--help"]),
        ("help-create", vec!["create", "--help"]),
        ("help-delete", vec!["delete", "--help"]),
        ("help-plan", vec!["plan", "--help"]),
        ("help-apply", vec!["apply", "--help"]),
        ("help-export", vec!["export", "--help"]),
        ("help-check", vec!["check", "--help"]),
        ("help-show", vec!["show", "--help"]),
        ("help-schema", vec!["schema", "--help"]),
        ("help-audit", vec!["audit", "--help"]),
        ("help-projects", vec!["projects", "--help"]),
        ("help-doctor", vec!["doctor", "--help"]),
        ("help-completions", vec!["completions", "--help"]),
        ("help-man", vec!["man", "--help"]),
        ("help-serve", vec!["serve", "--help"]),
    ] {
        let help = run(bare(&args));
        insta::with_settings!({
            description => format!("permissions {}", args.join(" ")),
            omit_expression => true,
            prepend_module_to_snapshot => false,
        }, {
            insta::assert_snapshot!(name, help.data());
        });
    }
}
