use async_graphql::Enum;
use domain::svg::snippet::Flavor;

/// Where a snippet is to be pasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Flavor")]
pub(crate) enum SnippetFlavor {
    /// An `<svg>` element.
    Svg,
    /// A `<symbol>` for a sprite.
    Symbol,
    /// A CSS rule: a mask where the icon takes the text's colour, else a background.
    Css,
    /// A `data:` URI.
    DataUri,
    /// A React component.
    Jsx,
    /// A Vue single-file component.
    Vue,
    /// A Svelte component.
    Svelte,
    /// An Astro component.
    Astro,
    /// An `<iconify-icon>` element.
    IconifyIcon,
    /// An element with the class that `UnoCSS` knows.
    Unocss,
}
