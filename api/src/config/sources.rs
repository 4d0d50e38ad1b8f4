//! Default < `iconql.toml` < environment < flag: where each value comes from.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use clap::{ArgMatches, Command, CommandFactory as _, FromArgMatches as _, parser::ValueSource};

use crate::commands::Cli;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Default,
    File,
    Environment,
    Flag,
}

/// The command line with every source worked in.
pub struct Resolved {
    pub cli: Cli,
    /// Each configuration value by its variable's name: its text, none where it is unset, and its origin.
    pub values: BTreeMap<String, (Option<String>, Origin)>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A flag, or a request for help, which clap words best itself.
    #[error("{0}")]
    Clap(#[from] clap::Error),
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("{path}: unknown key `{key}`; `iconql config` lists the known ones")]
    UnknownKey { path: String, key: String },
    #[error("{variable} ({origin}): cannot use {value:?}: {reason}")]
    Value {
        variable: String,
        origin: &'static str,
        value: String,
        reason: String,
    },
}

const DEFAULT_FILE: &str = "iconql.toml";

/// Reads the command line, the environment and the file.
pub fn resolve(
    arguments: Vec<OsString>,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Resolved, ConfigError> {
    let command = Cli::command().args_override_self(true);
    let flags = command.clone().try_get_matches_from(&arguments)?;
    let keys = configuration_keys(&command);
    let file = read_file(&flags, &environment, &keys)?;

    let mut injected = Vec::new();
    let mut origins = BTreeMap::new();
    for key in &keys {
        let variable = variable_name(key);
        let origin = if source_of(&flags, key) == Some(ValueSource::CommandLine) {
            Origin::Flag
        } else if let Some(value) = environment(&variable).filter(|value| !value.is_empty()) {
            injected.push((key, value, Origin::Environment));
            Origin::Environment
        } else if let Some(value) = file.get(key) {
            injected.push((key, value.clone(), Origin::File));
            Origin::File
        } else {
            Origin::Default
        };
        origins.insert(key.clone(), origin);
    }
    for (key, value, origin) in &injected {
        check_alone(&command, key, value, *origin)?;
    }
    let merged = arguments.first().cloned().into_iter();
    let merged = merged.chain(injected.iter().map(|(key, value, _)| flag(key, value).into()));
    let matches = command.try_get_matches_from(merged.chain(arguments.iter().skip(1).cloned()))?;
    let values = origins
        .into_iter()
        .map(|(key, origin)| (variable_name(&key), (text_of(&matches, &key), origin)));
    Ok(Resolved {
        values: values.collect(),
        cli: Cli::from_arg_matches(&matches)?,
    })
}

/// Every configuration value there is, but for the file that holds the others.
fn configuration_keys(command: &Command) -> Vec<String> {
    command
        .get_arguments()
        .filter(|argument| argument.is_global_set())
        .map(|argument| argument.get_id().to_string())
        .filter(|id| id != "config")
        .collect()
}

fn variable_name(key: &str) -> String {
    key.to_ascii_uppercase()
}

fn flag(key: &str, value: &str) -> String {
    format!("--{}={value}", key.replace('_', "-"))
}

/// Tries one value by itself, so that the message can name the variable or the file instead of a flag nobody wrote.
fn check_alone(command: &Command, key: &str, value: &str, origin: Origin) -> Result<(), ConfigError> {
    let arguments = ["iconql".to_owned(), flag(key, value), "config".to_owned()];
    let Err(error) = command.clone().try_get_matches_from(arguments) else {
        return Ok(());
    };
    let reason = std::error::Error::source(&error).map_or_else(
        || {
            error
                .to_string()
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("error: ")
                .to_owned()
        },
        ToString::to_string,
    );
    Err(ConfigError::Value {
        variable: variable_name(key),
        origin: if origin == Origin::File {
            "from the configuration file"
        } else {
            "from the environment"
        },
        value: shown(key, value),
        reason,
    })
}

fn read_file(
    flags: &ArgMatches,
    environment: &impl Fn(&str) -> Option<String>,
    keys: &[String],
) -> Result<BTreeMap<String, String>, ConfigError> {
    let named = deepest(flags).get_one::<std::path::PathBuf>("config").cloned();
    let named = named.or_else(|| {
        environment("ICONQL_CONFIG")
            .filter(|path| !path.is_empty())
            .map(Into::into)
    });
    let path = named.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => {
            return Err(ConfigError::File {
                path: path.display().to_string(),
                reason: error.to_string(),
            });
        }
    };
    parse_file(&path, &text, keys)
}

fn parse_file(path: &Path, text: &str, keys: &[String]) -> Result<BTreeMap<String, String>, ConfigError> {
    let shown_path = || path.display().to_string();
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ConfigError::File {
        path: shown_path(),
        reason: error.to_string(),
    })?;
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let key = name.to_ascii_lowercase();
        if !keys.contains(&key) {
            return Err(ConfigError::UnknownKey {
                path: shown_path(),
                key: name,
            });
        }
        let text = as_flag_value(&value).ok_or_else(|| ConfigError::File {
            path: shown_path(),
            reason: format!("`{name}` must be text, a number, true or false, or a list of texts"),
        })?;
        values.insert(key, text);
    }
    Ok(values)
}

fn as_flag_value(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(on) => Some(on.to_string()),
        toml::Value::Array(items) => items
            .iter()
            .map(as_flag_value)
            .collect::<Option<Vec<_>>>()
            .map(|all| all.join(",")),
        _ => None,
    }
}

/// Global flags stand in the matches of the innermost command.
fn deepest(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| deepest(inner))
}

fn source_of(matches: &ArgMatches, key: &str) -> Option<ValueSource> {
    deepest(matches).value_source(key)
}

fn text_of(matches: &ArgMatches, key: &str) -> Option<String> {
    let raw: Vec<String> = deepest(matches)
        .get_raw(key)?
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    Some(shown(key, &raw.join(",")))
}

/// A value with what is secret in it masked: the password of a URL.
fn shown(key: &str, value: &str) -> String {
    match (
        key.ends_with("_url"),
        value
            .split_once("://")
            .and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?))),
    ) {
        (true, Some((scheme, (credentials, host)))) => {
            let user = credentials.split(':').next().unwrap_or_default();
            let mask = if credentials.contains(':') { ":***" } else { "" };
            format!("{scheme}://{user}{mask}@{host}")
        }
        _ => value.to_owned(),
    }
}
