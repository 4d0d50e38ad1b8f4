use async_graphql::{Context, Error, Object};
use domain::{catalog::IconId, search::Coverage};

use super::{icon::Icon, icon_set::IconSet};
use crate::{errors::Failure, limits::cost_of, loaders::loaders};

pub(crate) struct SetCoverage {
    pub(crate) coverage: Coverage,
    pub(crate) concepts: Vec<String>,
}

/// How many of some concepts a set has icons for.
#[Object]
impl SetCoverage {
    async fn set(&self, context: &Context<'_>) -> Result<IconSet, Error> {
        let prefix = &self.coverage.prefix;
        match loaders(context).sets.one(prefix.as_str()).await? {
            Some(set) => Ok(IconSet(set)),
            None => Err(Failure::inconsistent(&format!("the set {prefix} was found and is not there")).into()),
        }
    }

    /// Concepts that the set has an icon for.
    #[graphql(complexity = 0)]
    async fn covered(&self) -> i32 {
        i32::try_from(self.coverage.covered()).unwrap_or(i32::MAX)
    }

    /// Concepts that were asked for.
    #[graphql(complexity = 0)]
    async fn of(&self) -> i32 {
        i32::try_from(self.concepts.len()).unwrap_or(i32::MAX)
    }

    /// One for each concept, in the order asked.
    #[graphql(complexity = "cost_of(5, child_complexity)")]
    async fn matches(&self) -> Vec<ConceptMatch> {
        let icons = self.coverage.icons.iter().copied();
        (self.concepts.iter().zip(icons))
            .map(|(concept, icon)| ConceptMatch {
                concept: concept.clone(),
                icon,
            })
            .collect()
    }
}

pub(crate) struct ConceptMatch {
    concept: String,
    icon: Option<IconId>,
}

/// What a set has for a concept.
#[Object]
impl ConceptMatch {
    /// As it was asked.
    #[graphql(complexity = 0)]
    async fn concept(&self) -> &str {
        &self.concept
    }

    /// The set's best icon for it; null where it has none.
    async fn icon(&self, context: &Context<'_>) -> Option<Result<Icon, Error>> {
        let found = loaders(context).by_id.one(&self.icon?).await;
        found.map(|icon| icon.map(Icon)).map_err(Error::from).transpose()
    }
}
