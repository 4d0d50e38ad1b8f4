use async_graphql::SimpleObject;

use super::icon::Icon;

/// An icon that is used more than was to be expected.
#[derive(SimpleObject)]
pub(crate) struct TrendingIcon {
    #[graphql(complexity = "child_complexity")]
    pub(crate) icon: Icon,
    /// How often it was used in the window.
    #[graphql(complexity = 0)]
    pub(crate) count: i32,
    /// Growth over what was expected, in standard deviations. Null where nothing at all was used in the window before.
    #[graphql(complexity = 0)]
    pub(crate) surprise: Option<f64>,
    /// Against the window before; 0.25 is +25 %. Null where it was not used then, and of `ALL`.
    #[graphql(complexity = 0)]
    pub(crate) change: Option<f64>,
}
