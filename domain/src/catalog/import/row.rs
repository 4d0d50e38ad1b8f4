//! Rows as the import makes them from a resolved set.

use ring::digest;
use sea_orm::Value;

use super::variants::{Member, Variants};
use crate::{
    catalog::{IconId, icon::IconKind},
    iconify::resolve::{ResolvedIcon, ResolvedSet},
    svg::{style::IconStyle, view_box::ViewBox},
};

/// A name's row without what only the database knows: its generations.
pub(super) struct IconRow {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) facts: Facts,
    pub(super) view_box: ViewBox,
    pub(super) body: String,
}

/// What a row draws.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    pub(super) view_box: ViewBox,
    pub(super) body: String,
}

/// What two versions of a row are compared by. The hash stands for the view box and the body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    pub(super) parent_id: Option<i64>,
    pub(super) variant_id: Option<i64>,
    pub(super) kind: i16,
    pub(super) style: Option<i16>,
    pub(super) hidden: bool,
    pub(super) listed: bool,
    pub(super) palette: bool,
    pub(super) content_hash: [u8; 32],
    pub(super) categories: Option<String>,
}

impl Facts {
    /// Whether somebody who asks for the name would see a difference, other than its being hidden or shown.
    pub(super) fn differ_visibly(&self, other: &Self) -> bool {
        self.content_hash != other.content_hash
            || (self.parent_id, self.kind, self.style, self.palette)
                != (other.parent_id, other.kind, other.style, other.palette)
            || self.categories != other.categories
    }
}

/// The columns that [`IconRow::values`] fills, in its order.
pub(super) const COLUMNS: [&str; 19] = [
    "id",
    "parent_id",
    "variant_id",
    "first_generation",
    "generation",
    "updated_at_ms",
    "view_left",
    "view_top",
    "view_width",
    "view_height",
    "kind",
    "style",
    "hidden",
    "listed",
    "palette",
    "content_hash",
    "name",
    "categories",
    "body",
];

/// When a row came to be as it is.
#[derive(Clone, Copy)]
pub(super) struct Stamp {
    pub(super) first_generation: i64,
    pub(super) generation: i64,
    pub(super) updated_at_ms: i64,
}

impl Stamp {
    /// Of what comes now.
    pub(super) fn new(generation: i64, now_ms: i64) -> Self {
        Self {
            first_generation: generation,
            generation,
            updated_at_ms: now_ms,
        }
    }
}

impl IconRow {
    pub(super) fn values(self, prefix: &str, stamp: Stamp) -> [Value; COLUMNS.len()] {
        let Facts {
            parent_id,
            variant_id,
            kind,
            style,
            hidden,
            listed,
            palette,
            content_hash,
            categories,
        } = self.facts;
        [
            self.id.into(),
            parent_id.into(),
            variant_id.into(),
            stamp.first_generation.into(),
            stamp.generation.into(),
            stamp.updated_at_ms.into(),
            self.view_box.left.into(),
            self.view_box.top.into(),
            self.view_box.width.into(),
            self.view_box.height.into(),
            kind.into(),
            style.into(),
            hidden.into(),
            listed.into(),
            palette.into(),
            content_hash.to_vec().into(),
            format!("{prefix}:{}", self.key).into(),
            categories.into(),
            self.body.into(),
        ]
    }
}

/// The rows of a set, by id ascending, so that they are written in the table's own order.
pub(super) fn icon_rows(set: &mut ResolvedSet) -> Vec<IconRow> {
    let icons = std::mem::take(&mut set.icons);
    let palette = set.info.as_ref().and_then(|info| info.palette);
    let variants = Variants::of(&set.prefix, icons.iter().map(member));
    let ids: Vec<i64> = icons.iter().map(|icon| id_of(&set.prefix, &icon.key)).collect();
    let variant_ids: Vec<Option<i64>> = icons.iter().map(|icon| variants.group_of(&icon.key)).collect();
    let mut rows: Vec<IconRow> = icons
        .into_iter()
        .zip(ids.into_iter().zip(variant_ids))
        .map(|(icon, (id, variant_id))| {
            let facts = Facts {
                parent_id: icon.parent.as_deref().map(|parent| id_of(&set.prefix, parent)),
                variant_id,
                kind: kind_column(icon.kind),
                style: icon.style.map(style_column),
                hidden: icon.hidden,
                listed: icon.listed,
                // A set that does not say is judged icon by icon: what never takes the text's colour has its own.
                palette: palette.unwrap_or_else(|| !icon.body.contains("currentColor")),
                content_hash: content_hash(icon.view_box, &icon.body),
                categories: titles(&icon.categories, &set.categories),
            };
            IconRow {
                id,
                key: icon.key,
                facts,
                view_box: icon.view_box,
                body: icon.body,
            }
        })
        .collect();
    rows.sort_by_key(|row| row.id);
    rows
}

fn member(icon: &ResolvedIcon) -> Member<'_> {
    Member {
        key: &icon.key,
        names: icon.parent.as_deref().filter(|_| icon.kind == IconKind::PlainAlias),
        listed: icon.listed,
        base_name: &icon.base_name,
    }
}

/// SHA-256 of `left top width height`, a line feed and the body.
pub(super) fn content_hash(view_box: ViewBox, body: &str) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(view_box.to_attribute().as_bytes());
    context.update(b"\n");
    context.update(body.as_bytes());
    context.finish().as_ref().try_into().expect("SHA-256 has 32 bytes")
}

pub(super) fn id_of(prefix: &str, key: &str) -> i64 {
    IconId::of_text(prefix, &format!("{prefix}:{key}")).0
}

pub(super) fn kind_column(kind: IconKind) -> i16 {
    match kind {
        IconKind::Icon => 0,
        IconKind::PlainAlias => 1,
        IconKind::TransformedAlias => 2,
    }
}

pub(super) fn style_column(style: IconStyle) -> i16 {
    match style {
        IconStyle::Fill => 0,
        IconStyle::Stroke => 1,
    }
}

/// The titles at `indexes`, as the column holds them.
fn titles(indexes: &[u32], categories: &[String]) -> Option<String> {
    let titles: Vec<&String> = indexes
        .iter()
        .filter_map(|index| categories.get(*index as usize))
        .collect();
    (!titles.is_empty()).then(|| json(&titles))
}

/// A list column's text.
pub(super) fn json<T: serde::Serialize + ?Sized>(list: &T) -> String {
    serde_json::to_string(list).expect("text and numbers always serialise")
}
