//! Suggestions for an unknown option or subcommand.
//!
//! clap suggests the most similar name, even if it means something else (`--allow-http` for `--all`). Here, a name
//! is suggested only if its spelling is close, and options of other tools have their own suggestions.

use std::ffi::OsString;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Replaces the suggestions of clap.
pub(super) fn improve(mut error: clap::Error, command: &Command, args: &[OsString]) -> clap::Error {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return error,
    };
    let Some(ContextValue::String(unknown)) = error.get(kind).cloned() else {
        return error;
    };
    error.remove(ContextKind::Suggested);
    if kind == ContextKind::InvalidSubcommand {
        error.remove(ContextKind::SuggestedSubcommand);
        let names = command.get_subcommands();
        let names = names.flat_map(|command| command.get_name_and_visible_aliases());
        if let Some(name) = closest(&unknown, names.map(str::to_owned)) {
            let names = ContextValue::Strings(vec![name]);
            error.insert(ContextKind::SuggestedSubcommand, names);
        }
        return error;
    }
    error.remove(ContextKind::SuggestedArg);
    // The usage line of clap contains the suggestion of clap, so the plain usage line of the subcommand replaces it.
    let usage = subcommand(command, args).clone().render_usage();
    error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    let name = unknown.split(['=', ' ']).next().unwrap_or_default();
    if let Some(tip) = known(name, args) {
        let tip = ContextValue::StyledStrs(vec![StyledStr::from(tip)]);
        error.insert(ContextKind::Suggested, tip);
    } else if let Some(option) = closest(name, long_options(command, args)) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(option));
    }
    error
}

fn known(name: &str, args: &[OsString]) -> Option<String> {
    if !name.starts_with('-') {
        return name
            .ends_with(".toml")
            .then(|| format!("use --file {name} for a manifest"));
    }
    if name == "--file" && args.iter().any(|arg| arg == "audit") {
        let tip =
            "use --manifest FILE to choose checkpoints, or --against FILE to show differences";
        return Some(tip.to_owned());
    }
    // Projects are arguments of `create`, and values of an option of `delete`.
    if name == "--project-id" || name == "--project" {
        let create = args.iter().any(|arg| arg == "create" || arg == "grant");
        return Some(if create {
            "give the project ids without an option".to_owned()
        } else {
            "use --project PROJECT".to_owned()
        });
    }
    known_option(name).map(str::to_owned)
}

/// Returns the tip for an option of the official command or of a similar tool.
fn known_option(name: &str) -> Option<&'static str> {
    Some(match name {
        "--admin-api-key" => {
            "use --key-file FILE: other users of this machine can see the arguments of a command"
        }
        "--all" => "leave it out: `list` reads all pages",
        "--api-key" => "use an admin key in OPENAI_ADMIN_KEY or --key-file FILE",
        "--auto-approve" => "use --yes",
        "--debug" => "use -vv",
        "--fine-tuned-model-checkpoint" => "give the checkpoint id without an option",
        "--force" => "use --yes",
        "--model" => "give the checkpoint id without an option",
        "--no-color" => "use --color never",
        "--output" => "use --format FORMAT, or --out FILE for a file",
        "--permission-id" => "give the permission id without an option",
        "--project-ids" => "give the project ids without an option",
        "--raw-output" => "leave it out: --jq prints strings without quotes",
        "--transform" => "use --jq FILTER",
        _ => return None,
    })
}

/// The subcommand in `args`, or the root command.
fn subcommand<'a>(command: &'a Command, args: &[OsString]) -> &'a Command {
    let mut names = args.iter().skip(1);
    names
        .find_map(|arg| command.find_subcommand(arg))
        .unwrap_or(command)
}

/// The long options of the subcommand and the global ones.
fn long_options(command: &Command, args: &[OsString]) -> impl Iterator<Item = String> {
    let own = subcommand(command, args).get_arguments();
    own.chain(command.get_arguments())
        .filter_map(|option| option.get_long_and_visible_aliases())
        .flatten()
        .map(|name| format!("--{name}"))
}

/// Returns the name with the smallest edit distance, if that distance is at most one third of the characters.
fn closest(unknown: &str, names: impl Iterator<Item = String>) -> Option<String> {
    let length = unknown.trim_start_matches('-').chars().count();
    let distances = names.map(|name| (strsim::osa_distance(unknown, &name), name));
    let (distance, name) = distances.min()?;
    (distance * 3 <= length).then_some(name)
}
