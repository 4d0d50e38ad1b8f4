//! What a set says about itself: the `info` block of a document or of a package.

#[cfg(test)]
mod tests;

use serde::de::{IgnoredAny, MapAccess};

use super::entry::accept;
use super::lenient::{Lenient, Shape, Text};
use super::skipped::{SkipReason, Skipped};

/// The description of a set, as its publisher wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Info {
    /// The set's prefix where the publisher gave no name.
    pub name: String,
    /// Who made it.
    pub author: Option<Author>,
    /// On which terms it may be used.
    pub license: Option<License>,
    /// The publisher's version of the drawings.
    pub version: Option<String>,
    /// The publisher's count of visible icons; not to be trusted.
    pub total: Option<u32>,
    /// Names of icons that represent the set. They may not exist.
    pub samples: Vec<String>,
    /// Heights of the grids the icons are drawn on, in their own units.
    pub heights: Vec<u32>,
    /// The height samples look best at, in pixels.
    pub display_height: Option<u32>,
    /// The heading it is listed under.
    pub category: Option<String>,
    /// What the set is like, in a few words each.
    pub tags: Vec<String>,
    /// Whether icons keep their own colours. Not said by every set.
    pub palette: Option<bool>,
    /// Whether the set stays out of lists.
    pub hidden: bool,
}

/// Who made a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// A person, a group or a company.
    pub name: String,
    /// Their page, or the set's.
    pub url: Option<String>,
}

/// On which terms a set may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// For people to read; the identifier where the publisher gave no title.
    pub title: String,
    /// An SPDX licence identifier or expression.
    pub spdx: Option<String>,
    /// Where its text is.
    pub url: Option<String>,
}

/// An info block before its types are judged.
#[derive(Debug, Default)]
pub(super) struct RawInfo<'a> {
    name: Option<Lenient<Text<'a>>>,
    author: Option<Lenient<RawParty<'a>>>,
    license: Option<Lenient<RawParty<'a>>>,
    version: Option<Lenient<Text<'a>>>,
    total: Option<Lenient<f64>>,
    samples: Option<Lenient<Vec<Lenient<Text<'a>>>>>,
    height: Option<Lenient<RawHeights>>,
    display_height: Option<Lenient<f64>>,
    category: Option<Lenient<Text<'a>>>,
    tags: Option<Lenient<Vec<Lenient<Text<'a>>>>>,
    palette: Option<Lenient<bool>>,
    hidden: Option<Lenient<bool>>,
}

impl<'de> Shape<'de> for RawInfo<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut info = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            match &*key {
                "name" => info.name = Some(object.next_value()?),
                "author" => info.author = Some(object.next_value()?),
                "license" => info.license = Some(object.next_value()?),
                "version" => info.version = Some(object.next_value()?),
                "total" => info.total = Some(object.next_value()?),
                "samples" => info.samples = Some(object.next_value()?),
                "height" => info.height = Some(object.next_value()?),
                "displayHeight" => info.display_height = Some(object.next_value()?),
                "category" => info.category = Some(object.next_value()?),
                "tags" => info.tags = Some(object.next_value()?),
                "palette" => info.palette = Some(object.next_value()?),
                "hidden" => info.hidden = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(info))
    }
}

impl RawInfo<'_> {
    /// Keeps what can be used and names what cannot.
    pub(super) fn finish(self, prefix: &str, skipped: &mut Vec<Skipped>) -> Info {
        let name = text(self.name, "info.name", skipped);
        let author = accept(self.author, "info.author", skipped);
        let license = accept(self.license, "info.license", skipped);
        Info {
            name: name.unwrap_or_else(|| prefix.to_owned()),
            author: author.and_then(|author| author.into_author(skipped)),
            license: license.and_then(|license| license.into_license(skipped)),
            version: text(self.version, "info.version", skipped),
            total: accept(self.total, "info.total", skipped).and_then(|total| whole(total, "info.total", skipped)),
            samples: texts(self.samples, "info.samples", skipped),
            heights: accept(self.height, "info.height", skipped)
                .map_or_else(Vec::new, |heights| heights.finish(skipped)),
            display_height: accept(self.display_height, "info.displayHeight", skipped)
                .and_then(|height| whole(height, "info.displayHeight", skipped)),
            category: text(self.category, "info.category", skipped),
            tags: texts(self.tags, "info.tags", skipped),
            palette: accept(self.palette, "info.palette", skipped),
            hidden: accept(self.hidden, "info.hidden", skipped).unwrap_or(false),
        }
    }
}

/// An author or a licence: an object, or just its name as older documents have it.
#[derive(Debug, Default)]
struct RawParty<'a> {
    name: Option<Lenient<Text<'a>>>,
    title: Option<Lenient<Text<'a>>>,
    spdx: Option<Lenient<Text<'a>>>,
    url: Option<Lenient<Text<'a>>>,
}

impl<'de> Shape<'de> for RawParty<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_text(text: Text<'de>) -> Option<Self> {
        Some(Self {
            name: Some(Lenient(Ok(text.clone()))),
            title: Some(Lenient(Ok(text))),
            ..Self::default()
        })
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut party = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            match &*key {
                "name" => party.name = Some(object.next_value()?),
                "title" => party.title = Some(object.next_value()?),
                "spdx" => party.spdx = Some(object.next_value()?),
                "url" => party.url = Some(object.next_value()?),
                _ => drop(object.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(party))
    }
}

impl RawParty<'_> {
    fn into_author(self, skipped: &mut Vec<Skipped>) -> Option<Author> {
        let name = text(self.name, "info.author.name", skipped);
        let url = text(self.url, "info.author.url", skipped);
        if name.is_none() {
            skipped.push(Skipped {
                what: "info.author".to_owned(),
                reason: SkipReason::Missing("name"),
            });
        }
        Some(Author { name: name?, url })
    }

    fn into_license(self, skipped: &mut Vec<Skipped>) -> Option<License> {
        let spdx = text(self.spdx, "info.license.spdx", skipped);
        let title = text(self.title, "info.license.title", skipped).or_else(|| spdx.clone());
        let url = text(self.url, "info.license.url", skipped);
        if title.is_none() {
            skipped.push(Skipped {
                what: "info.license".to_owned(),
                reason: SkipReason::Missing("title"),
            });
        }
        Some(License {
            title: title?,
            spdx,
            url,
        })
    }
}

/// One height or several.
#[derive(Debug)]
struct RawHeights(Vec<Lenient<f64>>);

impl<'de> Shape<'de> for RawHeights {
    const EXPECTED: &'static str = "a number or an array of numbers";

    fn from_number(value: f64) -> Option<Self> {
        Some(Self(vec![Lenient(Ok(value))]))
    }

    fn from_array<A: serde::de::SeqAccess<'de>>(array: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::from_array(array)?.map(Self))
    }
}

impl RawHeights {
    fn finish(self, skipped: &mut Vec<Skipped>) -> Vec<u32> {
        let mut heights = Vec::new();
        for height in self.0 {
            let height = accept(Some(height), "info.height", skipped);
            heights.extend(height.and_then(|height| whole(height, "info.height", skipped)));
        }
        heights
    }
}

fn text(value: Option<Lenient<Text<'_>>>, what: &str, skipped: &mut Vec<Skipped>) -> Option<String> {
    accept(value, what, skipped).map(Text::into_string)
}

fn texts(value: Option<Lenient<Vec<Lenient<Text<'_>>>>>, what: &str, skipped: &mut Vec<Skipped>) -> Vec<String> {
    let items = accept(value, what, skipped).unwrap_or_default();
    items
        .into_iter()
        .filter_map(|item| text(Some(item), what, skipped))
        .collect()
}

/// `value` as a count or a number of pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and in range"
)]
fn whole(value: f64, what: &str, skipped: &mut Vec<Skipped>) -> Option<u32> {
    if value.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&value) {
        return Some(value as u32);
    }
    skipped.push(Skipped {
        what: what.to_owned(),
        reason: SkipReason::NotWhole(value),
    });
    None
}
