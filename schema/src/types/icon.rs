use std::sync::Arc;

use async_graphql::{Context, Enum, Error, ID, Object};
use domain::{
    catalog,
    svg::{
        data_uri::data_uri,
        render::{Drawing, render},
        snippet::snippet,
    },
};

use super::{
    icon_set::{self, IconSet},
    license::License,
    related_icon::{self, RelatedIcon},
    snippet_flavor::SnippetFlavor,
    svg_options::SvgOptions,
    usage::{self, IconUsage, UsageWindow},
};
use crate::{
    errors::bad_user_input,
    global_id::GlobalId,
    limits::cost_of,
    loaders::loaders,
    paging::{cost_of_page, first_or_default},
    public_url::PublicUrl,
    scalars::{ColorScalar, DateTime, IconNameScalar},
};

/// A format that an icon can be fetched in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum ImageFormat {
    Svg,
}

/// Largest `size` of a rendition, in pixels.
const MAX_SIZE_PX: i32 = 4096;

pub(crate) struct Icon(pub(crate) Arc<catalog::Icon>);

/// An icon, under one of its names: an alias is an icon of its own, drawn as what it is an alias of.
#[Object]
#[expect(clippy::needless_pass_by_value, reason = "arguments come by value")]
impl Icon {
    /// Comes from the name, so importing again keeps it.
    #[graphql(complexity = 0)]
    pub(crate) async fn id(&self) -> ID {
        GlobalId::of_icon(&self.0.name)
    }

    /// `prefix:name`
    #[graphql(complexity = 0)]
    fn name(&self) -> IconNameScalar {
        IconNameScalar(self.0.name.clone())
    }

    /// The part after the colon.
    #[graphql(complexity = 0)]
    fn key(&self) -> &str {
        self.0.name.key()
    }

    /// The part before the colon.
    #[graphql(complexity = 0)]
    fn prefix(&self) -> &str {
        self.0.name.prefix()
    }

    /// The set it belongs to.
    async fn set(&self, context: &Context<'_>) -> Result<IconSet, Error> {
        icon_set::of_icon(context, &self.0).await
    }

    /// The icon this one is an alias of, one step up.
    async fn alias_of(&self, context: &Context<'_>) -> Option<Result<Self, Error>> {
        let parent = loaders(context).by_id.one(&self.0.parent_id?).await;
        parent.map(|icon| icon.map(Self)).map_err(Error::from).transpose()
    }

    /// Every other name that leads here, through other aliases too, ascending.
    async fn aliases(&self, context: &Context<'_>) -> Result<Vec<IconNameScalar>, Error> {
        let names = loaders(context).aliases.one(&self.0.id).await?.unwrap_or_default();
        Ok(names.into_iter().map(IconNameScalar).collect())
    }

    /// Inner SVG with the alias chain's transformations applied: the body that @iconify/utils
    /// `iconToSVG(getIconData(set, name))` gives.
    #[graphql(complexity = 0)]
    fn body(&self) -> &str {
        &self.0.body
    }

    /// The left edge of the body's viewBox. A quarter turn has swapped it with the top.
    #[graphql(complexity = 0)]
    fn left(&self) -> f64 {
        self.0.view_box.left
    }

    /// The top edge of the body's viewBox.
    #[graphql(complexity = 0)]
    fn top(&self) -> f64 {
        self.0.view_box.top
    }

    /// The width of the body's viewBox. A quarter turn has swapped it with the height.
    #[graphql(complexity = 0)]
    fn width(&self) -> f64 {
        self.0.view_box.width
    }

    /// The height of the body's viewBox.
    #[graphql(complexity = 0)]
    fn height(&self) -> f64 {
        self.0.view_box.height
    }

    /// A complete, standalone, sanitised `<svg>` document. Without options: height 1em, width by the ratio, as
    /// @iconify/utils renders it.
    #[graphql(complexity = 1)]
    fn svg(&self, options: Option<SvgOptions>) -> Result<String, Error> {
        self.rendition(options.as_ref())
    }

    /// `svg` as a `data:` URI, safe inside quotes of HTML and CSS.
    #[graphql(complexity = 1)]
    fn data_uri(&self, options: Option<SvgOptions>) -> Result<String, Error> {
        Ok(data_uri(&self.rendition(options.as_ref())?))
    }

    /// An immutable, content-addressed address of a rendition. `size` is its height in pixels, 1 to 4096.
    #[graphql(complexity = 0)]
    fn url(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "ImageFormat::Svg")] format: ImageFormat,
        size: Option<i32>,
        color: Option<ColorScalar>,
    ) -> Result<String, Error> {
        let ImageFormat::Svg = format;
        if size.is_some_and(|size| !(1..=MAX_SIZE_PX).contains(&size)) {
            return Err(bad_user_input(format!("`size` is 1 to {MAX_SIZE_PX} pixels")));
        }
        Ok(context
            .data_unchecked::<PublicUrl>()
            .of_icon(&self.0, size, color.as_ref().map(|color| color.0.as_str())))
    }

    /// Ready to paste.
    #[graphql(complexity = 1)]
    async fn snippet(&self, flavor: SnippetFlavor) -> String {
        snippet(self.drawing(), flavor.into())
    }

    /// Titles as the set sorts its icons.
    #[graphql(complexity = 0)]
    fn categories(&self) -> &[String] {
        &self.0.categories
    }

    /// Words that people look for it by, ascending.
    async fn tags(&self, context: &Context<'_>) -> Result<Vec<String>, Error> {
        Ok(loaders(context).tags.one(&self.0.id).await?.unwrap_or_default())
    }

    /// Code points that draw it in its set's font, in hex, ascending.
    async fn characters(&self, context: &Context<'_>) -> Result<Vec<String>, Error> {
        Ok(loaders(context).characters.one(&self.0.id).await?.unwrap_or_default())
    }

    /// Hidden icons can be asked for by name and are in no list.
    #[graphql(complexity = 0)]
    fn hidden(&self) -> bool {
        self.0.hidden
    }

    /// True where the icon keeps its own colours.
    #[graphql(complexity = 0)]
    fn palette(&self) -> bool {
        self.0.palette
    }

    /// Null where the set publishes none.
    async fn license(&self, context: &Context<'_>) -> Option<Result<License, Error>> {
        match icon_set::of_icon(context, &self.0).await {
            Ok(set) => set.0.license.clone().map(|license| Ok(License(license))),
            Err(error) => Some(Err(error)),
        }
    }

    /// How it was used, under this name.
    #[graphql(complexity = "usage::cost_of(window) + child_complexity")]
    async fn usage(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "UsageWindow::Week")] window: UsageWindow,
    ) -> Option<Result<IconUsage, Error>> {
        usage::of_icon(context, &self.0.name, window).await.transpose()
    }

    /// Used together with this icon by at least three sessions of the last 90 days: the most surely related first, none of them hidden.
    #[graphql(complexity = "related_icon::COST + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn related(
        &self,
        context: &Context<'_>,
        #[graphql(default = 10)] first: i32,
    ) -> Option<Result<Vec<RelatedIcon>, Error>> {
        Some(related_icon::read(context, &self.0, first).await)
    }

    /// The other icons with the same base name in the same set, by name: for home, home-outline and home-fill.
    #[graphql(complexity = "cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn variants(&self, context: &Context<'_>, #[graphql(default = 20)] first: i32) -> Result<Vec<Self>, Error> {
        let first = first_or_default(context, first)?;
        let loaders = loaders(context);
        let Some(group) = loaders.variant_group(&self.0).await? else {
            return Ok(Vec::new());
        };
        let icons = loaders.variants.one(&group).await?.unwrap_or_default();
        let icon = &self.0;
        // What an alias names is no variant of it; some steps further up it shows by drawing the same.
        let is_named = |other: &catalog::Icon| {
            Some(other.id) == icon.parent_id || icon.parent_id.is_some() && other.content_hash == icon.content_hash
        };
        let is_other = |other: &Arc<catalog::Icon>| other.id != icon.id && !is_named(other);
        Ok(icons
            .into_iter()
            .filter(is_other)
            .take(first as usize)
            .map(Self)
            .collect())
    }

    /// SHA-256, lower-case hex, of `left top width height`, a line feed, and the body.
    #[graphql(complexity = 0)]
    fn content_hash(&self) -> String {
        self.0.content_hash_hex()
    }

    /// When it last changed.
    #[graphql(complexity = 0)]
    fn updated_at(&self) -> DateTime {
        DateTime::from_unix_ms(self.0.updated_at_ms)
    }
}

impl Icon {
    fn drawing(&self) -> Drawing<'_> {
        Drawing {
            name: self.0.name.as_str(),
            view_box: self.0.view_box,
            body: &self.0.body,
        }
    }

    fn rendition(&self, options: Option<&SvgOptions>) -> Result<String, Error> {
        Ok(render(self.drawing(), &SvgOptions::for_renderer(options)?))
    }
}
