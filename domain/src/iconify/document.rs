//! A parsed IconifyJSON document: every entry judged on its own, nothing resolved yet.

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use serde::de::{Deserialize, IgnoredAny, MapAccess};

use super::entry::{Alias, Icon, Properties, RawEntry, RawProperties, accept};
use super::info::{Info, RawInfo};
use super::lenient::{Found, Lenient, Members, Shape, Text};
use super::metadata::{Categories, RawMetadata, Themes};
use super::name::{self, MAX_NAME_LENGTH};
use super::skipped::{SkipReason, Skipped};

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The bytes are not JSON.
    #[error("the file is not JSON: {0}; check that it was written or downloaded to its end")]
    NotJson(#[from] serde_json::Error),
    /// The file holds something other than an object.
    #[error("the file holds {0} where IconifyJSON has an object; check that it is the right file")]
    NotAnObject(Found),
    /// The document has no prefix.
    #[error("the document has no `prefix`; add the name that its icons are asked for by, such as \"prefix\": \"mdi\"")]
    PrefixMissing,
    /// The prefix cannot be asked for.
    #[error(
        "the prefix {0} cannot be asked for; use lower-case letters and digits in words joined by single dashes, at most {MAX_NAME_LENGTH} characters"
    )]
    PrefixInvalid(String),
    /// The document has no object of icons.
    #[error("the document has no object `icons`; a list of sets or a package's info.json is not an icon set")]
    IconsMissing,
}

/// One icon set, borrowing from the JSON it was read from where it can.
#[derive(Debug)]
pub struct Document<'a> {
    pub(super) prefix: String,
    pub(super) info: Option<Info>,
    pub(super) last_modified_seconds: Option<i64>,
    pub(super) icons: IndexMap<Text<'a>, Result<Icon<'a>, SkipReason>>,
    pub(super) aliases: IndexMap<Text<'a>, Result<Alias<'a>, SkipReason>>,
    /// What the root says for all icons.
    pub(super) defaults: Properties,
    pub(super) categories: Categories<'a>,
    pub(super) characters: Members<'a, Text<'a>>,
    pub(super) themes: Themes,
    pub(super) skipped: Vec<Skipped>,
}

/// Reads a whole set, or the `icons.json` of a package.
///
/// Keys that appear twice count as they last appear. Whatever is wrong with one entry is told when the set is resolved.
///
/// # Errors
/// When the bytes are not JSON, or lack a usable prefix or the icons.
pub fn parse(json: &[u8]) -> Result<Document<'_>, DocumentError> {
    let root = read::<Root<'_>>(json)?;
    let prefix = match root.prefix {
        None => return Err(DocumentError::PrefixMissing),
        Some(Lenient(Ok(prefix))) if name::is_name(&prefix) => prefix.into_string(),
        Some(Lenient(Ok(prefix))) => return Err(DocumentError::PrefixInvalid(format!("{:?}", &*prefix))),
        Some(Lenient(Err(wrong))) => return Err(DocumentError::PrefixInvalid(format!("({})", wrong.found))),
    };
    let Some(Lenient(Ok(Entries(icons)))) = root.icons else {
        return Err(DocumentError::IconsMissing);
    };
    let mut skipped = Vec::new();
    let Entries(aliases) = accept(root.aliases, "aliases", &mut skipped).unwrap_or_default();
    let mut document = Document {
        prefix,
        info: None,
        last_modified_seconds: last_modified(root.last_modified, &mut skipped),
        icons,
        aliases,
        defaults: root.properties.check_each(&mut skipped),
        categories: Vec::new(),
        characters: Members::new(),
        themes: Themes::default(),
        skipped,
    };
    document.adopt(root.metadata);
    Ok(document)
}

impl<'a> Document<'a> {
    /// The name its icons are asked for by.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Adds the `info.json` of a package, which is an info block on its own.
    ///
    /// # Errors
    /// When it is not JSON or no object.
    pub fn with_info(mut self, json: &[u8]) -> Result<Self, DocumentError> {
        let info = read::<RawInfo<'_>>(json)?;
        self.info = Some(info.finish(&self.prefix, &mut self.skipped));
        Ok(self)
    }

    /// Adds the `metadata.json` of a package. What it holds replaces what was there, what it lacks stays.
    ///
    /// # Errors
    /// When it is not JSON or no object.
    pub fn with_metadata(mut self, json: &'a [u8]) -> Result<Self, DocumentError> {
        self.adopt(read(json)?);
        Ok(self)
    }

    /// Adds the `chars.json` of a package, which is a character map on its own.
    ///
    /// # Errors
    /// When it is not JSON or no object.
    pub fn with_chars(mut self, json: &'a [u8]) -> Result<Self, DocumentError> {
        self.characters = read(json)?;
        Ok(self)
    }

    /// The name of the entry at `place`: icons in source order, then aliases.
    ///
    /// # Panics
    /// When there is no such place.
    pub(super) fn key_at(&self, place: usize) -> &str {
        let alias = || self.aliases.get_index(place - self.icons.len()).map(|(key, _)| key);
        self.icons
            .get_index(place)
            .map(|(key, _)| key)
            .or_else(alias)
            .expect("places come from this document")
    }

    fn adopt(&mut self, mut metadata: RawMetadata<'a>) {
        let skipped = &mut self.skipped;
        if let Some(info) = accept(metadata.info.take(), "info", skipped) {
            self.info = Some(info.finish(&self.prefix, skipped));
        }
        if let Some(characters) = accept(metadata.characters.take(), "chars", skipped) {
            self.characters = characters;
        }
        if let Some(categories) = metadata.take_categories(skipped) {
            self.categories = categories;
        }
        if let Some(themes) = metadata.take_themes(skipped) {
            self.themes = themes;
        }
    }
}

/// Reads one JSON value of the expected shape, and nothing after it.
pub(super) fn read<'a, T: Shape<'a>>(json: &'a [u8]) -> Result<T, DocumentError> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let Lenient(value) = Lenient::<T>::deserialize(&mut deserializer)?;
    deserializer.end()?;
    value.map_err(|wrong| DocumentError::NotAnObject(wrong.found))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "seconds fit for longer than there will be icons"
)]
fn last_modified(value: Option<Lenient<f64>>, skipped: &mut Vec<Skipped>) -> Option<i64> {
    let seconds = accept(value, "lastModified", skipped)?;
    if seconds.fract() == 0.0 && seconds >= 0.0 {
        return Some(seconds as i64);
    }
    skipped.push(Skipped {
        what: "lastModified".to_owned(),
        reason: SkipReason::NotWhole(seconds),
    });
    None
}

/// The root of a document before its types are judged.
#[derive(Debug, Default)]
struct Root<'a> {
    prefix: Option<Lenient<Text<'a>>>,
    icons: Option<Lenient<Entries<'a, Icon<'a>>>>,
    aliases: Option<Lenient<Entries<'a, Alias<'a>>>>,
    last_modified: Option<Lenient<f64>>,
    properties: RawProperties,
    metadata: RawMetadata<'a>,
}

impl<'de> Shape<'de> for Root<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut root = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            match &*key {
                "prefix" => root.prefix = Some(object.next_value()?),
                "icons" => root.icons = Some(object.next_value()?),
                "aliases" => root.aliases = Some(object.next_value()?),
                "lastModified" => root.last_modified = Some(object.next_value()?),
                key => {
                    if !root.metadata.read(key, &mut object)? && !root.properties.read(key, &mut object)? {
                        object.next_value::<IgnoredAny>()?;
                    }
                }
            }
        }
        Ok(Some(root))
    }
}

/// Icons or aliases by name, each judged as soon as it is read: raw entries of a large set would take twice the memory.
#[derive(Debug)]
struct Entries<'a, T>(IndexMap<Text<'a>, Result<T, SkipReason>>);

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

/// What an entry can be judged as.
trait Judged<'a>: Sized {
    fn judge(entry: RawEntry<'a>) -> Result<Self, SkipReason>;
}

impl<'a> Judged<'a> for Icon<'a> {
    fn judge(entry: RawEntry<'a>) -> Result<Self, SkipReason> {
        entry.into_icon()
    }
}

impl<'a> Judged<'a> for Alias<'a> {
    fn judge(entry: RawEntry<'a>) -> Result<Self, SkipReason> {
        entry.into_alias()
    }
}

impl<'de, T: Judged<'de>> Shape<'de> for Entries<'de, T> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut entries = IndexMap::new();
        while let Some((name, entry)) = object.next_entry::<Text<'de>, Lenient<RawEntry<'de>>>()? {
            let entry = entry
                .0
                .map_err(|wrong| SkipReason::NotAnObject(wrong.found))
                .and_then(T::judge);
            entries.insert(name, entry);
        }
        Ok(Some(Self(entries)))
    }
}
