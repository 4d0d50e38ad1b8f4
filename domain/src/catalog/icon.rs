//! One icon as the catalog keeps it, and how it is read from a row.

use sea_orm::DbErr;

use super::{IconId, IconName};
pub use crate::iconify::resolve::IconKind;
pub use crate::svg::style::IconStyle;
use crate::{database::Columns, svg::view_box::ViewBox};

/// A name and what it stands for. An alias carries the body of what it names.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
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
    /// The catalog's generation when this was read.
    pub catalog_generation: i64,
}

/// What [`Icon::read`] reads, in its order, of a table called `icon`.
pub(super) const ICON_COLUMNS: &str = "(SELECT generation FROM catalog_state) AS catalog_generation, icon.id, icon.name, icon.parent_id, icon.variant_id, icon.view_left, icon.view_top, \
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

    /// Reads [`ICON_COLUMNS`], which come next in `columns`.
    pub(super) fn read(columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        let missing = || DbErr::Type("icon.id holds nothing".to_owned());
        Self::read_if_any(columns)?.1.ok_or_else(missing)
    }

    /// As [`Self::read`], of a row that tells the generation also where it has no icon.
    pub(super) fn read_if_any(columns: &mut Columns<'_>) -> Result<(i64, Option<Self>), DbErr> {
        let generation = columns.next()?;
        let Some(id) = columns.next::<Option<i64>>()?.map(IconId) else {
            return Ok((generation, None));
        };
        Self::read_rest(id, generation, columns).map(|icon| (generation, Some(icon)))
    }

    fn read_rest(id: IconId, catalog_generation: i64, columns: &mut Columns<'_>) -> Result<Self, DbErr> {
        let name: &str = columns.next()?;
        Ok(Self {
            id,
            name: name
                .parse()
                .map_err(|_| DbErr::Type(format!("icon.name holds {name:?}")))?,
            parent_id: columns.next::<Option<i64>>()?.map(IconId),
            variant_id: columns.next::<Option<i64>>()?.map(IconId),
            view_box: ViewBox {
                left: columns.next()?,
                top: columns.next()?,
                width: columns.next()?,
                height: columns.next()?,
            },
            hidden: columns.next()?,
            palette: columns.next()?,
            content_hash: columns
                .next::<&[u8]>()?
                .try_into()
                .map_err(|_| DbErr::Type("icon.content_hash is not 32 bytes".to_owned()))?,
            categories: columns
                .next::<Option<&str>>()?
                .map_or_else(|| Ok(Vec::new()), json_list)?,
            updated_at_ms: columns.next()?,
            body: columns.next()?,
            catalog_generation,
        })
    }
}

/// Reads a column that holds a JSON array.
pub(crate) fn json_list<T: serde::de::DeserializeOwned>(json: &str) -> Result<Vec<T>, DbErr> {
    serde_json::from_str(json).map_err(|error| DbErr::Type(format!("a list column holds no JSON array: {error}")))
}
