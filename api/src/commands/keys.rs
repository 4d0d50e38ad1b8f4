//! `iconql keys`.

use std::{fmt::Write as _, time::Duration};

use clap::{Args, Subcommand};
use domain::access::{KeyName, KeyRecord, KeyStore, NewKey, Origin, Revoked, Scope, Scopes};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{CommandError, explain, import::now_ms, migrate::open_migrated, print};
use crate::config::Config;

/// What to do with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a key, and print its secret this one time
    ///
    /// Only a hash of the secret is stored. Requests send it as `Authorization: Bearer SECRET`, and nowhere else.
    Create(CreateArgs),
    /// Show all keys, without their secrets
    List,
    /// End a key for good; every server refuses it within two seconds
    Revoke {
        /// As `iconql keys list` shows it
        #[arg(value_name = "ID")]
        id: i64,
    },
}

/// What a new key is for.
#[derive(Debug, Clone, Args)]
pub struct CreateArgs {
    /// What it may do: usage:write, analytics:read, metrics:read, admin; several with commas or one by one
    #[arg(
        long = "scope",
        value_name = "SCOPE",
        value_delimiter = ',',
        num_args = 1..,
        required_unless_present = "publishable"
    )]
    pub scopes: Vec<Scope>,

    /// What you will know it by
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub name: KeyName,

    /// Days until it ends by itself; it stays good when left out
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub expires_in_days: Option<u64>,

    /// May stand in the code of pages: it holds usage:write alone and is good only for the pages of its origins
    #[arg(long, requires = "origins")]
    pub publishable: bool,

    /// Where the pages of a publishable key come from, as `https://shop.example.com`; several with commas or one by one
    #[arg(
        long = "origin",
        value_name = "ORIGIN",
        value_delimiter = ',',
        num_args = 1..,
        requires = "publishable"
    )]
    pub origins: Vec<Origin>,
}

pub(super) async fn run(config: &Config, command: &KeysCommand) -> Result<(), CommandError> {
    let key = match command {
        KeysCommand::Create(arguments) => Some(arguments.to_key(now_ms())?),
        KeysCommand::List | KeysCommand::Revoke { .. } => None,
    };
    let database = open_migrated(&config.database_for_work()).await?;
    let keys = KeyStore::new(database.clone());
    let result = match (command, key) {
        (KeysCommand::Revoke { id }, _) => revoke(&keys, *id).await,
        (_, Some(key)) => create(&keys, &key).await,
        (_, None) => list(&keys).await,
    };
    database.close().await?;
    result
}

async fn create(keys: &KeyStore, key: &NewKey) -> Result<(), CommandError> {
    let (id, secret) = keys.create(key, now_ms()).await?;
    if let Err(error) = print(secret.reveal()) {
        // Nobody has read it, so nobody shall have it.
        keys.revoke(id, now_ms()).await?;
        return Err(CommandError::SecretUnread(Box::new(error)));
    }
    let until = key
        .expires_at_ms
        .map_or_else(String::new, |at_ms| format!(", until {}", instant(at_ms)));
    explain(&format!(
        "This is key {id}, with {}{until}. Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY`.",
        names(key.scopes),
    ));
    if let Some(origins) = &key.origins {
        let origins: Vec<&str> = origins.iter().map(Origin::as_str).collect();
        explain(&format!(
            "It is good for pages of {}, and may stand in their code.",
            origins.join(" and ")
        ));
    }
    Ok(())
}

async fn list(keys: &KeyStore) -> Result<(), CommandError> {
    let keys = keys.list().await?;
    if keys.is_empty() {
        explain("There are no keys. `iconql keys create --scope SCOPE` makes one.");
    }
    print(&table(&keys, now_ms()))
}

async fn revoke(keys: &KeyStore, id: i64) -> Result<(), CommandError> {
    match keys.revoke(id, now_ms()).await? {
        Revoked::Now => print(&format!(
            "Key {id} is revoked. Every server refuses it within two seconds."
        )),
        Revoked::Before { at_ms } => print(&format!("Key {id} was revoked at {}.", instant(at_ms))),
        Revoked::NoSuchKey => Err(CommandError::NoSuchKey(id)),
    }
}

impl CreateArgs {
    fn to_key(&self, now_ms: i64) -> Result<NewKey, CommandError> {
        let mut scopes: Scopes = self.scopes.iter().copied().collect();
        if self.publishable {
            if self.scopes.iter().any(|scope| *scope != Scope::UsageWrite) {
                return Err(CommandError::Usage(
                    "a publishable key holds usage:write alone, for everybody can read it: leave --scope out"
                        .to_owned(),
                ));
            }
            scopes = [Scope::UsageWrite].into_iter().collect();
        }
        let life = self.expires_in_days.map(|days| Duration::from_hours(24 * days));
        let life_ms = life.map(|life| i64::try_from(life.as_millis()).unwrap_or(i64::MAX));
        Ok(NewKey {
            name: self.name.clone(),
            scopes,
            origins: self.publishable.then(|| self.origins.clone()),
            expires_at_ms: life_ms.map(|life_ms| now_ms.saturating_add(life_ms)),
        })
    }
}

/// A line for each key below the names of the columns, each column as wide as it must be.
fn table(keys: &[KeyRecord], now_ms: i64) -> String {
    let titles = ["ID", "NAME", "SCOPES", "CREATED", "EXPIRES", "STATE", "ORIGINS"];
    let rows: Vec<[String; 7]> = std::iter::once(titles.map(str::to_owned))
        .chain(keys.iter().map(|key| row(key, now_ms)))
        .collect();
    let widths: [usize; 7] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    });
    rows.iter().fold(String::new(), |mut text, row| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}

fn row(key: &KeyRecord, now_ms: i64) -> [String; 7] {
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let state = match key.revoked_at_ms {
        Some(at_ms) => format!("revoked {}", instant(at_ms)),
        None if key.is_expired(now_ms) => "expired".to_owned(),
        None => "active".to_owned(),
    };
    [
        key.id.to_string(),
        or_dash(key.name.clone()),
        names(key.scopes),
        instant(key.created_at_ms),
        or_dash(key.expires_at_ms.map(instant).unwrap_or_default()),
        state,
        or_dash(key.origins.as_deref().unwrap_or_default().join(",")),
    ]
}

fn names(scopes: Scopes) -> String {
    scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(",")
}

/// As people and programs read it, to the second.
pub(super) fn instant(at_ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000)).ok();
    let text = at.and_then(|at| at.format(&Rfc3339).ok());
    text.unwrap_or_else(|| format!("{at_ms} ms"))
}
