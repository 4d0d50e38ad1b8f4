//! Keys in the database: made, listed, revoked.

use std::fmt;

use sea_orm::Value;

use super::{
    super::{Origin, Scope, Scopes},
    secret::Secret,
    snapshot::{Key, Snapshot},
};
use crate::database::{Columns, Database, DatabaseError, Writing};

/// Longest name of a key.
const MAX_NAME_CHARACTERS: usize = 100;

/// What people know a key by: at most 100 characters, none of which a terminal would obey.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyName(String);

/// A text that cannot be a key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has at most {MAX_NAME_CHARACTERS} characters, without line ends and other control characters")]
pub struct InvalidKeyName;

impl std::str::FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, InvalidKeyName> {
        let fits = text.chars().count() <= MAX_NAME_CHARACTERS && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidKeyName)
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: KeyName,
    pub scopes: Scopes,
    /// Where its pages come from; none of a key that stands in no page.
    pub origins: Option<Vec<Origin>>,
    /// The first moment at which it is no longer good.
    pub expires_at_ms: Option<i64>,
}

/// A key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub id: i64,
    pub name: String,
    pub scopes: Scopes,
    /// Where its pages come from; none of a key that stands in no page.
    pub origins: Option<Vec<String>>,
    pub created_at_ms: i64,
    pub expires_at_ms: Option<i64>,
    pub revoked_at_ms: Option<i64>,
}

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    Now,
    Before { at_ms: i64 },
    NoSuchKey,
}

/// The keys of a database. Cheap to clone.
#[derive(Clone)]
pub struct KeyStore {
    database: Database,
}

/// In the order in which [`KeyRecord::read`] takes them.
const COLUMNS: &str = "id, name, scopes, publishable, origins, created_at_ms, expires_at_ms, revoked_at_ms";

impl KeyStore {
    /// Over `database`, whose tables must be there.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Makes a key. Its secret is nowhere but in the answer.
    pub async fn create(&self, key: &NewKey, now_ms: i64) -> Result<(i64, Secret), DatabaseError> {
        let secret = Secret::generate(key.origins.is_some());
        let writing = self.database.write().await?;
        let id = next_revision(&writing).await?;
        let origins = key.origins.iter().flatten().map(Origin::as_str);
        let sql = "INSERT INTO api_key (id, name, secret_hash, scopes, publishable, origins, created_at_ms, expires_at_ms) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = vec![
            id.into(),
            key.name.to_string().into(),
            secret.hash().to_vec().into(),
            json(key.scopes.iter().map(Scope::as_str)),
            key.origins.is_some().into(),
            json(origins),
            now_ms.into(),
            key.expires_at_ms.into(),
        ];
        writing.query("create_key", sql, values).await?;
        writing.commit().await?;
        Ok((id, secret))
    }

    /// All keys there ever were, oldest first.
    pub async fn list(&self) -> Result<Vec<KeyRecord>, DatabaseError> {
        let sql = format!("SELECT {COLUMNS} FROM api_key ORDER BY id");
        let rows = self.database.query("list_keys", &sql, vec![]).await?;
        let read = |row| KeyRecord::read(&mut Columns::of(row)?);
        rows.iter().map(read).collect()
    }

    /// Ends a key for good.
    pub async fn revoke(&self, id: i64, now_ms: i64) -> Result<Revoked, DatabaseError> {
        let writing = self.database.write().await?;
        // First, for its row is what keeps two that revoke at once apart.
        next_revision(&writing).await?;
        let sql = "SELECT revoked_at_ms FROM api_key WHERE id = $1";
        let rows = writing.query("key_to_revoke", sql, vec![id.into()]).await?;
        let Some(row) = rows.first() else {
            return Ok(Revoked::NoSuchKey);
        };
        if let Some(at_ms) = row.try_get_by_index(0)? {
            return Ok(Revoked::Before { at_ms });
        }
        let sql = "UPDATE api_key SET revoked_at_ms = $1 WHERE id = $2";
        writing.query("revoke_key", sql, vec![now_ms.into(), id.into()]).await?;
        writing.commit().await?;
        Ok(Revoked::Now)
    }

    /// What there is to know whether the keys are other ones than before.
    pub(super) async fn revision(&self) -> Result<i64, DatabaseError> {
        let sql = "SELECT revision FROM access_state";
        let rows = self.database.query("keys_revision", sql, vec![]).await?;
        match rows.first() {
            Some(row) => Ok(row.try_get_by_index(0)?),
            None => Err(no_state()),
        }
    }

    /// The keys that are not revoked, of `revision` or of a later one: then the next look brings them once more.
    pub(super) async fn snapshot(&self, revision: i64) -> Result<Snapshot, DatabaseError> {
        let sql = format!("SELECT {COLUMNS}, secret_hash FROM api_key WHERE revoked_at_ms IS NULL");
        let rows = self.database.query("load_keys", &sql, vec![]).await?;
        let keys = rows.iter().map(|row| {
            let mut columns = Columns::of(row)?;
            let record = KeyRecord::read(&mut columns)?;
            let hash: Vec<u8> = columns.next()?;
            let hash = hash.try_into();
            let hash =
                hash.map_err(|_| DatabaseError::Other(format!("the hash of key {} has another length", record.id)))?;
            Ok(Key { record, hash })
        });
        Ok(Snapshot::new(revision, keys.collect::<Result<_, DatabaseError>>()?))
    }
}

impl KeyRecord {
    /// Whether it is over at `now_ms`.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at_ms.is_some_and(|expires_at_ms| now_ms >= expires_at_ms)
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, DatabaseError> {
        let (id, name) = (columns.next()?, columns.next()?);
        // A scope that only a newer binary knows gives nothing here.
        let scopes = list(&columns.next::<String>()?)?;
        let scopes = scopes.iter().filter_map(|scope| scope.parse::<Scope>().ok()).collect();
        let is_publishable: bool = columns.next()?;
        let origins = list(&columns.next::<String>()?)?;
        Ok(Self {
            id,
            name,
            scopes,
            origins: is_publishable.then_some(origins),
            created_at_ms: columns.next()?,
            expires_at_ms: columns.next()?,
            revoked_at_ms: columns.next()?,
        })
    }
}

/// Counts a change, and keeps others from changing anything until it is done.
async fn next_revision(writing: &Writing) -> Result<i64, DatabaseError> {
    let sql = "UPDATE access_state SET revision = revision + 1 WHERE id = 1 RETURNING revision";
    let rows = writing.query("next_keys_revision", sql, vec![]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get_by_index(0)?),
        None => Err(no_state()),
    }
}

fn no_state() -> DatabaseError {
    DatabaseError::Other("the table access_state has no row".to_owned())
}

fn json<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    texts.collect::<serde_json::Value>().to_string().into()
}

fn list(json: &str) -> Result<Vec<String>, DatabaseError> {
    serde_json::from_str(json).map_err(|error| DatabaseError::Other(format!("a key has no list: {error}")))
}

#[cfg(test)]
mod tests {
    use super::KeyName;

    #[test]
    fn a_name_fits_a_line() {
        for (name, expected) in [
            (String::new(), true),
            ("the shop's pages 🏠".to_owned(), true),
            ("é".repeat(100), true),
            ("é".repeat(101), false),
            ("a\nb".to_owned(), false),
            ("\u{1b}[31mred".to_owned(), false),
        ] {
            assert_eq!(name.parse::<KeyName>().is_ok(), expected, "{name:?}");
        }
    }
}
