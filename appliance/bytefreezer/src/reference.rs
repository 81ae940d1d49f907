//! `docs/commands.md`, made from the definitions of the commands; a test holds it against them.

use std::fmt::{self, Write};

use clap::{Arg, Command};

const HEAD: &str = "\
# Commands

<!-- Made from appliance/bytefreezer/src/cli.rs and commands/; a test holds it against them. To make it anew:
     BYTEFREEZER_GENERATE=1 cargo test -p bytefreezer reference -->

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration. Results go to standard output, words about them to
standard error. A reader that goes away (`| head`) is no error.
";

/// The page, in Markdown.
fn commands_page(mut root: Command) -> Result<String, fmt::Error> {
    root = root.disable_help_subcommand(true);
    root.build();
    let mut page = HEAD.to_owned();
    for command in root.get_subcommands() {
        section(&mut page, command)?;
    }
    Ok(page)
}

fn section(page: &mut String, command: &Command) -> fmt::Result {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    write!(page, "\n## {name}\n\n")?;
    if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
        writeln!(page, "{about}\n")?;
    }
    if command.has_subcommands() {
        for command in command.get_subcommands() {
            section(page, command)?;
        }
        return Ok(());
    }
    let usage = command.clone().render_usage().to_string();
    writeln!(page, "```\n{}\n```\n", usage.trim_start_matches("Usage: "))?;
    let arguments: Vec<&Arg> =
        command.get_arguments().filter(|argument| argument.get_id().as_str() != "help").collect();
    if !arguments.is_empty() {
        writeln!(page, "| argument | default | meaning |\n|---|---|---|")?;
    }
    for argument in arguments {
        row(page, argument)?;
    }
    if let Some(examples) = command.get_after_help() {
        write!(page, "\n```\n{examples}\n```\n")?;
    }
    Ok(())
}

fn row(page: &mut String, argument: &Arg) -> fmt::Result {
    let value = argument.get_value_names().and_then(|names| names.first());
    let name = match (argument.get_long(), value) {
        (Some(long), Some(value)) if argument.get_action().takes_values() => format!("--{long} {value}"),
        (Some(long), _) => format!("--{long}"),
        (None, Some(value)) => value.to_string(),
        (None, None) => argument.get_id().to_string(),
    };
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let defaults: Vec<_> = if argument.get_action().takes_values() { defaults.collect() } else { Vec::new() };
    let values: Vec<_> = if argument.is_hide_possible_values_set() || !argument.get_action().takes_values() {
        Vec::new()
    } else {
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect()
    };
    let mut meaning =
        argument.get_help().map(|help| help.to_string().replace('|', "\\|")).unwrap_or_default();
    if !values.is_empty() {
        write!(meaning, ". One of {}", values.join(", "))?;
    }
    writeln!(page, "| `{name}` | {} | {meaning} |", defaults.join(", "))
}

#[test]
fn the_page_of_commands_is_up_to_date() {
    use clap::CommandFactory;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
    let page = commands_page(crate::cli::Cli::command()).unwrap();
    if std::env::var_os("BYTEFREEZER_GENERATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == page,
        "docs/commands.md is not what the definitions say; run this test with BYTEFREEZER_GENERATE=1 and check it in"
    );
}

#[test]
fn every_argument_says_what_it_does_with_an_example() {
    use clap::CommandFactory;
    fn check(command: &Command) {
        // These are said in the crate `bytefreezer-fakedata`.
        if command.get_name() == "fakedata" {
            return;
        }
        let builtin = ["help", "version"];
        for argument in command.get_arguments().filter(|found| !builtin.contains(&found.get_id().as_str())) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("for example `"), "{} {}: {help}", command.get_name(), argument.get_id());
        }
        for command in command.get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            check(command);
        }
    }
    let mut root = crate::cli::Cli::command();
    root.clone().debug_assert();
    root = root.disable_help_subcommand(true);
    root.build();
    check(&root);
}
