use async_graphql::{Object, SimpleObject};
use domain::search;

/// A value, and how many of the found icons have it.
#[derive(SimpleObject)]
pub(crate) struct Facet {
    /// As a filter takes it.
    #[graphql(complexity = 0)]
    value: String,
    /// As a person reads it.
    #[graphql(complexity = 0)]
    label: String,
    #[graphql(complexity = 0)]
    count: i32,
}

pub(crate) struct SearchFacets(pub(crate) search::Facets);

/// What the found icons have in common.
#[Object]
impl SearchFacets {
    /// By prefix.
    #[graphql(complexity = 0)]
    async fn sets(&self) -> Vec<Facet> {
        facets(&self.0.sets)
    }

    #[graphql(complexity = 0)]
    async fn categories(&self) -> Vec<Facet> {
        facets(&self.0.categories)
    }

    /// By SPDX identifier.
    #[graphql(complexity = 0)]
    async fn licenses(&self) -> Vec<Facet> {
        facets(&self.0.licenses)
    }

    /// `true` where icons keep their own colours, `false` where they take the text's.
    #[graphql(complexity = 0)]
    async fn palettes(&self) -> Vec<Facet> {
        facets(&self.0.palettes)
    }

    /// `FILL` and `STROKE`; icons that are neither or both are not counted.
    #[graphql(complexity = 0)]
    async fn styles(&self) -> Vec<Facet> {
        facets(&self.0.styles)
    }

    /// Heights of the grids that the icons' sets are drawn on; a set may have several.
    #[graphql(complexity = 0)]
    async fn heights(&self) -> Vec<Facet> {
        facets(&self.0.heights)
    }
}

fn facets(counted: &[search::Facet]) -> Vec<Facet> {
    counted
        .iter()
        .map(|facet| Facet {
            value: facet.value.clone(),
            label: facet.label.clone(),
            count: i32::try_from(facet.count).unwrap_or(i32::MAX),
        })
        .collect()
}
