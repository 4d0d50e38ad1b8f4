//! One icon as the catalog keeps it, and how it is read from a row.

use sea_orm::{DbErr, QueryResult};

use super::{IconId, IconName};
pub use crate::iconify::resolve::IconKind;
pub use crate::svg::style::IconStyle;
use crate::svg::view_box::ViewBox;

/// A name and what it stands for. An alias carries the body of what it names.
#[derive(Debug, Clone, PartialEq)]
pub struct Icon {
    pub id: IconId,
    pub name: IconName,
    /// What this alias names, one step up.
    pub parent_id: Option<IconId>,
    /// The group of listed icons with the same base name; none where it would be a group of one.
    pub variant_id: Option<IconId>,
    pub view_box: ViewBox,
    pub hidden: bool,
    pub palette: bool,
    /// SHA-256 of `left top width height`, a line feed and the body.
    pub content_hash: [u8; 32],
    pub categories: Vec<String>,
    pub updated_at_ms: i64,
    /// Inner SVG, the alias chain's transformations applied.
    pub body: String,
}

/// What [`Icon::from_row`] reads, in its order, of a table called `icon`.
pub(super) const ICON_COLUMNS: &str = "icon.id, icon.name, icon.parent_id, icon.variant_id, icon.view_left, icon.view_top, \
     icon.view_width, icon.view_height, icon.hidden, icon.palette, icon.content_hash, icon.categories, icon.updated_at_ms, icon.body";

impl Icon {
    /// The content hash in lower-case hex.
    pub fn content_hash_hex(&self) -> String {
        use std::fmt::Write as _;
        self.content_hash
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }

    /// Reads [`ICON_COLUMNS`] from column `first` on. By position, because finding each column by name costs more than its value.
    pub(super) fn from_row(row: &QueryResult, first: usize) -> Result<Self, DbErr> {
        let name: String = row.try_get_by_index(first + 1)?;
        let content_hash: Vec<u8> = row.try_get_by_index(first + 10)?;
        let categories: Option<String> = row.try_get_by_index(first + 11)?;
        Ok(Self {
            id: IconId(row.try_get_by_index(first)?),
            name: name
                .parse()
                .map_err(|_| DbErr::Type(format!("icon.name holds {name:?}")))?,
            parent_id: row.try_get_by_index::<Option<i64>>(first + 2)?.map(IconId),
            variant_id: row.try_get_by_index::<Option<i64>>(first + 3)?.map(IconId),
            view_box: ViewBox {
                left: row.try_get_by_index(first + 4)?,
                top: row.try_get_by_index(first + 5)?,
                width: row.try_get_by_index(first + 6)?,
                height: row.try_get_by_index(first + 7)?,
            },
            hidden: row.try_get_by_index(first + 8)?,
            palette: row.try_get_by_index(first + 9)?,
            content_hash: content_hash
                .try_into()
                .map_err(|_| DbErr::Type("icon.content_hash is not 32 bytes".to_owned()))?,
            categories: categories.map(|json| text_list(&json)).transpose()?.unwrap_or_default(),
            updated_at_ms: row.try_get_by_index(first + 12)?,
            body: row.try_get_by_index(first + 13)?,
        })
    }
}

/// Reads a column that holds a JSON array.
pub(super) fn json_list<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, DbErr> {
    serde_json::from_str(json).map_err(|error| DbErr::Type(format!("a list column holds no JSON array: {error}")))
}

fn text_list(json: &str) -> Result<Vec<String>, DbErr> {
    json_list(json)
}
