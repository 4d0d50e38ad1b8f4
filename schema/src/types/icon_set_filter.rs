use async_graphql::{Context, Error, InputObject};
use domain::{catalog::SetFilter, search::MAX_QUERY_CHARACTERS};

use crate::{errors::LimitExceeded, limits::Limits};

/// Conditions on sets, which all hold. Of a list one value has to hold; an empty list is as good as none.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct IconSetFilter {
    prefixes: Option<Vec<String>>,
    /// Kinds of sets as `IconSet.category` has them, in whatever case.
    categories: Option<Vec<String>>,
    /// Sets that keep their own colours, or those that take the text's.
    palette: Option<bool>,
    /// SPDX identifiers of licences, such as `MIT`.
    spdx: Option<Vec<String>>,
    /// Words, each of which the name or the prefix contains.
    query: Option<String>,
}

impl IconSetFilter {
    /// The filter as the catalog knows it.
    ///
    /// # Errors
    /// `LIMIT_EXCEEDED` where its lists have more values than a batch may, or its query is longer than a search's.
    pub(crate) fn into_domain(self, context: &Context<'_>) -> Result<SetFilter, Error> {
        let filter = SetFilter {
            prefixes: self.prefixes.unwrap_or_default(),
            categories: self.categories.unwrap_or_default(),
            palette: self.palette,
            spdx: self.spdx.unwrap_or_default(),
            query: self.query.unwrap_or_default(),
        };
        let values = filter.prefixes.len() + filter.categories.len() + filter.spdx.len();
        let limits = context.data_unchecked::<Limits>();
        let characters = filter.query.chars().count();
        for (limit, max, actual) in [
            ("maxBatch", limits.max_batch, values),
            ("maxQueryCharacters", MAX_QUERY_CHARACTERS, characters),
        ] {
            if actual > max {
                return Err(LimitExceeded {
                    limit,
                    max,
                    actual: Some(actual),
                }
                .into());
            }
        }
        Ok(filter)
    }
}
