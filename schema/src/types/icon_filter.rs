use async_graphql::{Context, Enum, Error, InputObject};
use domain::{catalog, search::Filter};

use crate::{errors::LimitExceeded, limits::Limits};

/// How an icon's shapes are painted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum IconStyle {
    /// Areas, no lines.
    Fill,
    /// Lines, no areas.
    Stroke,
}

/// Conditions on icons, which all hold. Of a list one value has to hold; an empty list is as good as none.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct IconFilter {
    /// Sets. One that is not there has no icons.
    prefixes: Option<Vec<String>>,
    exclude_prefixes: Option<Vec<String>>,
    /// Categories as `Icon.categories` has them, in whatever case.
    categories: Option<Vec<String>>,
    /// Tags as `Icon.tags` has them, in whatever case.
    tags: Option<Vec<String>>,
    /// Icons that keep their own colours, or those that take the text's.
    palette: Option<bool>,
    style: Option<IconStyle>,
    /// SPDX identifiers of licences, such as `MIT`.
    spdx: Option<Vec<String>>,
    /// Heights of the grids that the set is drawn on.
    heights: Option<Vec<i32>>,
    /// Also icons that their set hides.
    #[graphql(default)]
    include_hidden: bool,
}

impl IconFilter {
    /// The filter as the search knows it.
    ///
    /// # Errors
    /// `LIMIT_EXCEEDED` where its lists have more values than a batch may.
    pub(crate) fn into_domain(self, context: &Context<'_>) -> Result<Filter, Error> {
        let filter = Filter {
            prefixes: self.prefixes.unwrap_or_default(),
            exclude_prefixes: self.exclude_prefixes.unwrap_or_default(),
            categories: self.categories.unwrap_or_default(),
            tags: self.tags.unwrap_or_default(),
            palette: self.palette,
            style: self.style.map(|style| match style {
                IconStyle::Fill => catalog::IconStyle::Fill,
                IconStyle::Stroke => catalog::IconStyle::Stroke,
            }),
            spdx: self.spdx.unwrap_or_default(),
            // A negative height is no set's.
            heights: (self.heights.unwrap_or_default().into_iter())
                .map(|height| u32::try_from(height).unwrap_or(u32::MAX))
                .collect(),
            include_hidden: self.include_hidden,
        };
        let texts = [
            &filter.prefixes,
            &filter.exclude_prefixes,
            &filter.categories,
            &filter.tags,
            &filter.spdx,
        ];
        let values = texts.iter().map(|list| list.len()).sum::<usize>() + filter.heights.len();
        let max = context.data_unchecked::<Limits>().max_batch;
        if values > max {
            return Err(LimitExceeded {
                limit: "maxBatch",
                max,
                actual: Some(values),
            }
            .into());
        }
        Ok(filter)
    }
}
