//! Default < `iconql.toml` < environment < flag: where each value comes from.

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use clap::{
    ArgMatches, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};

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
pub fn resolve(arguments: &[OsString], environment: impl Fn(&str) -> Option<String>) -> Result<Resolved, ConfigError> {
    let command = Cli::command().args_override_self(true);
    let flags = command.clone().try_get_matches_from(arguments)?;
    let keys = configuration_keys(&command);
    let file = read_file(&flags, &environment, &keys)?;

    // All of them, those that another source wins over too: they are faults all the same.
    for key in &keys {
        if let Some(value) = file.get(key) {
            check_alone(&command, key, value, Origin::File)?;
        }
        if let Some(value) = environment(&variable_name(key)).filter(|value| !value.is_empty()) {
            check_alone(&command, key, &value, Origin::Environment)?;
        }
    }
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
    Err(ConfigError::Value {
        variable: variable_name(key),
        origin: if origin == Origin::File {
            "from the configuration file"
        } else {
            "from the environment"
        },
        value: shown(key, value),
        reason: reason_of(&error),
    })
}

/// What is wrong with a value, in one line that names no flag.
fn reason_of(error: &clap::Error) -> String {
    if let Some(ContextValue::Strings(known)) = error.get(ContextKind::ValidValue) {
        return format!("write one of {}", known.join(", "));
    }
    let reason = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    reason.lines().next().unwrap_or_default().to_owned()
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
        reason: not_toml(text, &error),
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

/// Where and why, without the line itself: it may hold a password.
fn not_toml(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let reason = error.message().lines().next().unwrap_or_default();
    format!("line {}: {reason}", before.matches('\n').count() + 1)
}

fn as_flag_value(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
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

/// A value with what is secret in it masked: a key, the passwords of a URL, or of several with commas.
fn shown(key: &str, value: &str) -> String {
    if key.ends_with("_key") {
        return "***".to_owned();
    }
    if key == "alert_webhook_url" {
        return host_alone(value);
    }
    if !key.ends_with("_url") {
        return value.to_owned();
    }
    // A comma may also stand in a password.
    let next_url = value.match_indices(',').find_map(|(comma, _)| {
        let (scheme, _) = value[comma + 1..].split_once("://")?;
        let is_scheme = scheme.trim().bytes().all(|byte| byte.is_ascii_alphabetic());
        is_scheme.then_some(comma)
    });
    if let Some(comma) = next_url {
        let (first, others) = value.split_at(comma);
        return format!("{},{}", shown(key, first), shown(key, &others[1..]));
    }
    match value.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", without_passwords(rest)),
        None => value.to_owned(),
    }
}

/// The scheme and the host of a URL whose path is a secret.
fn host_alone(url: &str) -> String {
    match url.split_once("://") {
        // A name or a password may hold whatever ends a host.
        Some((scheme, rest)) if !rest.contains('@') => {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{host}/***")
        }
        _ => "***".to_owned(),
    }
}

fn without_passwords(rest: &str) -> String {
    // The last `@`, since a password may hold one that nobody escaped.
    let (user, host) = match rest.rsplit_once('@') {
        Some((credentials, host)) => match credentials.split_once(':') {
            Some((user, _)) => (format!("{user}:***@"), host),
            None => (format!("{credentials}@"), host),
        },
        None => (String::new(), rest),
    };
    let Some((host, parameters)) = host.split_once('?') else {
        return format!("{user}{host}");
    };
    let parameters: Vec<String> = parameters
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if name.contains("password") => format!("{name}=***"),
            _ => parameter.to_owned(),
        })
        .collect();
    format!("{user}{host}?{}", parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn passwords_are_masked_and_nothing_else() {
        for (url, expected) in [
            ("postgres://iconql@db/iconql", "postgres://iconql@db/iconql"),
            ("postgres://iconql:secret@db/iconql", "postgres://iconql:***@db/iconql"),
            (
                "postgres://iconql:se@cr:et/?@db/iconql",
                "postgres://iconql:***@db/iconql",
            ),
            (
                "postgres://db/x?user=a&password=secret",
                "postgres://db/x?user=a&password=***",
            ),
            ("sqlite://data/a@b.db?mode=ro", "sqlite://data/a@b.db?mode=ro"),
            ("sqlite://data/iconql.db", "sqlite://data/iconql.db"),
            (
                "redis://:one@a,rediss://:t,wo@b:7000/0,redis://c",
                "redis://:***@a,rediss://:***@b:7000/0,redis://c",
            ),
        ] {
            assert_eq!(shown("database_url", url), expected);
            assert_eq!(shown("log_level", url), url);
        }
    }

    #[test]
    fn of_a_webhook_its_host_is_shown() {
        for (url, expected) in [
            (
                "https://hooks.example:8443/T0/s3cret?k=s3cret",
                "https://hooks.example:8443/***",
            ),
            ("https://hooks.example?s3cret", "https://hooks.example/***"),
            ("https://me:s3/cret@hooks.example/", "***"),
            ("hooks.example/s3cret", "***"),
        ] {
            assert_eq!(shown("alert_webhook_url", url), expected);
        }
    }
}
