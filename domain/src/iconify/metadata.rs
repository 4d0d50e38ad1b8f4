//! What helps to browse a set: categories, characters, and the themes its names carry.

use serde::de::{IgnoredAny, MapAccess};

use super::entry::accept;
use super::info::RawInfo;
use super::lenient::{Lenient, Members, Shape, Text};
use super::skipped::{SkipReason, Skipped};

/// Titles and the names under them, in the order of the document.
pub(super) type Categories<'a> = Vec<(String, Vec<Text<'a>>)>;

/// Metadata before its types are judged; `None` where the document has no such member.
#[derive(Debug, Default)]
pub(super) struct RawMetadata<'a> {
    pub(super) info: Option<Lenient<RawInfo<'a>>>,
    pub(super) characters: Option<Lenient<Members<'a, Text<'a>>>>,
    categories: Option<Lenient<Members<'a, Vec<Lenient<Text<'a>>>>>>,
    themes: Option<Lenient<Members<'a, RawTheme<'a>>>>,
    prefixes: Option<Lenient<Members<'a, Text<'a>>>>,
    suffixes: Option<Lenient<Members<'a, Text<'a>>>>,
}

impl<'de> Shape<'de> for RawMetadata<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut metadata = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            if !metadata.read(&key, &mut object)? {
                object.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Some(metadata))
    }
}

impl<'a> RawMetadata<'a> {
    /// Takes the value of `key` from `object` if it is metadata.
    pub(super) fn read<A: MapAccess<'a>>(&mut self, key: &str, object: &mut A) -> Result<bool, A::Error> {
        match key {
            "info" => self.info = Some(object.next_value()?),
            "chars" => self.characters = Some(object.next_value()?),
            "categories" => self.categories = Some(object.next_value()?),
            "themes" => self.themes = Some(object.next_value()?),
            "prefixes" => self.prefixes = Some(object.next_value()?),
            "suffixes" => self.suffixes = Some(object.next_value()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The categories that can be used, `None` where there is no such member.
    pub(super) fn take_categories(&mut self, skipped: &mut Vec<Skipped>) -> Option<Categories<'a>> {
        let members = accept(self.categories.take(), "categories", skipped)?;
        let mut categories = Vec::new();
        for (title, names) in members {
            let what = format!("categories.{}", &*title);
            let Some(names) = accept(Some(names), &what, skipped) else {
                continue;
            };
            let names = names
                .into_iter()
                .filter_map(|name| accept(Some(name), &what, skipped))
                .collect();
            categories.push((title.into_string(), names));
        }
        Some(categories)
    }

    /// The themes that can be used, `None` where there is no such member.
    pub(super) fn take_themes(&mut self, skipped: &mut Vec<Skipped>) -> Option<Themes> {
        if self.prefixes.is_none() && self.suffixes.is_none() {
            let members = accept(self.themes.take(), "themes", skipped)?;
            return Some(Themes::from_legacy(members, skipped));
        }
        Some(Themes {
            prefixes: titles(self.prefixes.take(), "prefixes", skipped),
            suffixes: titles(self.suffixes.take(), "suffixes", skipped),
        })
    }
}

/// What names begin or end with, and the title of the icons that do. The key `""` stands for all other icons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Themes {
    pub(super) prefixes: Vec<(String, String)>,
    pub(super) suffixes: Vec<(String, String)>,
}

impl Themes {
    pub(super) fn is_empty(&self) -> bool {
        self.prefixes.is_empty() && self.suffixes.is_empty()
    }

    /// Reads the older format: keys without meaning, prefixes and suffixes in one list, their dash included.
    fn from_legacy(members: Members<'_, RawTheme<'_>>, skipped: &mut Vec<Skipped>) -> Self {
        let mut themes = Self::default();
        for (key, theme) in members {
            let what = format!("themes.{}", &*key);
            let Some(theme) = accept(Some(theme), &what, skipped) else {
                continue;
            };
            let title = accept(theme.title, &what, skipped).map_or_else(|| key.to_string(), Text::into_string);
            let prefix = accept(theme.prefix, &what, skipped).filter(|prefix| !prefix.is_empty());
            let suffix = accept(theme.suffix, &what, skipped);
            if prefix.is_none() && suffix.is_none() {
                skipped.push(Skipped {
                    what,
                    reason: SkipReason::Missing("suffix"),
                });
                continue;
            }
            if let Some(prefix) = &prefix {
                themes
                    .prefixes
                    .push((prefix.strip_suffix('-').unwrap_or(prefix).to_owned(), title.clone()));
            }
            if let Some(suffix) = suffix.filter(|suffix| prefix.is_none() || !suffix.is_empty()) {
                themes
                    .suffixes
                    .push((suffix.strip_prefix('-').unwrap_or(&suffix).to_owned(), title));
            }
        }
        themes
    }
}

/// A theme of the older format.
#[derive(Debug, Default)]
struct RawTheme<'a> {
    title: Option<Lenient<Text<'a>>>,
    prefix: Option<Lenient<Text<'a>>>,
    suffix: Option<Lenient<Text<'a>>>,
}

impl<'de> Shape<'de> for RawTheme<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut theme = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            match &*key {
                "title" => theme.title = Some(object.next_value()?),
                "prefix" => theme.prefix = Some(object.next_value()?),
                "suffix" => theme.suffix = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(theme))
    }
}

fn titles(
    members: Option<Lenient<Members<'_, Text<'_>>>>,
    what: &str,
    skipped: &mut Vec<Skipped>,
) -> Vec<(String, String)> {
    let mut titles = Vec::new();
    for (key, title) in accept(members, what, skipped).unwrap_or_default() {
        if let Some(title) = accept(Some(title), &format!("{what}.{}", &*key), skipped) {
            titles.push((key.into_string(), title.into_string()));
        }
    }
    titles
}
