//! An icon as the index keeps it.

use tantivy::{TantivyDocument, schema::Schema};

use super::{
    fields::{Fields, columns},
    source::{IconRow, SetFacts},
};
use crate::{
    catalog::{IconId, IconStyle},
    search::{
        rank::{Rank, Standing},
        text,
    },
};

/// Flags of an icon.
pub(crate) mod flags {
    pub(crate) const ICON: &str = "icon";
    pub(crate) const HIDDEN: &str = "hidden";
    pub(crate) const PALETTE: &str = "palette";
    pub(crate) const FILL: &str = "fill";
    pub(crate) const STROKE: &str = "stroke";
}

/// What words begin with is indexed up to this many letters; who has typed more is matched by whole words and typos.
pub(crate) const LONGEST_START: usize = 16;

/// An icon with its place in the order.
#[derive(Debug, Clone)]
pub(crate) struct RankedIcon {
    pub(crate) row: IconRow,
    /// The part of the key that variants share.
    base: String,
    pub(crate) rank: Rank,
}

/// The icons of a set with their ranks, in no particular order.
pub(crate) fn ranked(rows: Vec<IconRow>, set: &SetFacts) -> Vec<RankedIcon> {
    let mut icons: Vec<RankedIcon> = rows
        .into_iter()
        .map(|row| RankedIcon {
            base: base_of(&row).to_owned(),
            rank: Rank(0),
            row,
        })
        .collect();
    // Variants side by side, the shortest name first, which is the plain one.
    icons.sort_unstable_by(|one, other| {
        let key = |icon: &RankedIcon| (icon.row.hidden, icon.row.name.key().len());
        (one.row.variant_id, key(one), one.row.name.key()).cmp(&(
            other.row.variant_id,
            key(other),
            other.row.name.key(),
        ))
    });
    let mut variant = 0;
    let mut last_group = None;
    for icon in &mut icons {
        variant = match icon.row.variant_id {
            Some(group) if last_group == Some(group) => variant + 1,
            _ => 0,
        };
        last_group = icon.row.variant_id;
        icon.rank = Rank::new(Standing {
            words: icon.base.split('-').count(),
            variant,
            length: icon.row.name.key().len(),
            set_total: usize::try_from(set.total).unwrap_or(0),
            set_is_archived: set.is_archived(),
        });
    }
    icons
}

/// The part of an icon's key that its group of variants is known by.
///
/// The group's id is made from that part, so the part can be told from all the others.
fn base_of(row: &IconRow) -> &str {
    let key = row.name.key();
    let Some(group) = row.variant_id else {
        return key;
    };
    let prefix = row.name.prefix();
    let starts = std::iter::once(0).chain(key.match_indices('-').map(|(at, _)| at + 1));
    for start in starts {
        let ends = std::iter::once(key.len()).chain(key.rmatch_indices('-').map(|(at, _)| at));
        for end in ends.take_while(|end| *end > start) {
            let part = &key[start..end];
            if IconId::of_text(prefix, &format!("{prefix}:{part}")).0 == group {
                return part;
            }
        }
    }
    key
}

impl RankedIcon {
    /// The whole name, its words joined.
    pub(crate) fn joined(&self) -> String {
        self.row.name.key().replace('-', "")
    }
}

/// The document of one icon.
pub(crate) fn document(icon: &RankedIcon, appeal: u16, schema: &Schema, fields: &Fields) -> TantivyDocument {
    let RankedIcon { row, base, rank } = icon;
    let mut document = TantivyDocument::new();
    let column = |name: &str| schema.get_field(name).expect("the schema has this column");
    document.add_i64(column(columns::ID), row.id);
    document.add_u64(column(columns::RANK), rank.0);
    document.add_u64(column(columns::APPEAL), appeal.into());
    document.add_i64(column(columns::FIRST_GENERATION), row.first_generation);
    document.add_text(column(columns::NAME), row.name.as_str());
    document.add_text(column(columns::PREFIX), row.name.prefix());
    for category in &row.categories {
        document.add_text(column(columns::CATEGORY), category);
    }
    add_names(&mut document, row, base, fields);
    add_words(&mut document, fields.alias, row.aliases.iter().map(String::as_str));
    add_words(&mut document, fields.tag, row.tags.iter().map(String::as_str));
    add_words(
        &mut document,
        fields.category,
        row.categories.iter().map(String::as_str),
    );
    for character in &row.characters {
        document.add_text(fields.character, character);
    }
    document.add_text(fields.prefix, row.name.prefix());
    for category in &row.categories {
        document.add_text(fields.category_title, category.to_lowercase());
    }
    for tag in &row.tags {
        document.add_text(fields.tag_text, tag.to_lowercase());
    }
    document.add_text(fields.flag, flags::ICON);
    let style = match row.style {
        Some(IconStyle::Fill) => Some(flags::FILL),
        Some(IconStyle::Stroke) => Some(flags::STROKE),
        None => None,
    };
    let held = [
        row.hidden.then_some(flags::HIDDEN),
        row.palette.then_some(flags::PALETTE),
        style,
    ];
    for flag in held.into_iter().flatten() {
        document.add_text(fields.flag, flag);
    }
    document
}

fn add_names(document: &mut TantivyDocument, row: &IconRow, base: &str, fields: &Fields) {
    let key = row.name.key();
    let words: Vec<&str> = key.split('-').collect();
    document.add_text(fields.exact, words.concat());
    document.add_text(fields.length, words.len().to_string());
    document.add_text(fields.bag, text::bag(words.iter().copied()));
    if base != key {
        document.add_text(fields.base, base.replace('-', ""));
        document.add_text(fields.base_bag, text::bag(base.split('-')));
    }
    for (place, word) in words.iter().enumerate() {
        document.add_text(fields.word, word);
        document.add_text(fields.stem, text::stem(word));
        if let Some(next) = words.get(place + 1) {
            document.add_text(fields.pair, format!("{word}{next}"));
        }
        for end in 1..=word.len().min(LONGEST_START) {
            document.add_text(fields.start, &word[..end]);
        }
    }
    for alias in &row.aliases {
        document.add_text(fields.alias_exact, alias.replace('-', ""));
    }
}

/// The stems of all words of `texts`, each once.
fn add_words<'a>(document: &mut TantivyDocument, field: tantivy::schema::Field, texts: impl Iterator<Item = &'a str>) {
    let mut stems: Vec<String> = texts
        .flat_map(text::words)
        .map(|word| text::stem(&word).to_owned())
        .collect();
    stems.sort_unstable();
    stems.dedup();
    for stem in stems {
        document.add_text(field, stem);
    }
}
