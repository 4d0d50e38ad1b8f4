//! Code to paste: an icon as the frameworks of the day write it.

mod astro;
mod component_name;
mod css;
mod jsx;
mod svelte;
mod template;
mod vue;

use super::data_uri::data_uri;
use super::render::{Drawing, SvgOptions, render};
use super::{ids, references};

/// What a snippet is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// The `<svg>` document.
    Svg,
    /// A `<symbol>` for a sprite.
    Symbol,
    /// A rule: a mask where the icon has the text's colour, a background image where it has its own.
    Css,
    /// A `data:` address.
    DataUri,
    /// A React function component.
    Jsx,
    /// A Vue single-file component.
    Vue,
    /// A Svelte component.
    Svelte,
    /// An Astro component.
    Astro,
    /// Iconify's web component.
    IconifyIcon,
    /// A class for the icons preset of `UnoCSS`.
    Unocss,
}

/// The icon ready to paste. In symbols and components, ids are made the icon's own.
pub fn snippet(icon: Drawing<'_>, flavor: Flavor) -> String {
    match flavor {
        Flavor::Svg => render(icon, &SvgOptions::default()),
        Flavor::Symbol => symbol(icon),
        Flavor::Css => css::rule(icon),
        Flavor::DataUri => data_uri(&render(icon, &SvgOptions::default())),
        Flavor::Jsx => jsx::component(icon),
        Flavor::Vue => vue::component(icon),
        Flavor::Svelte => svelte::component(icon),
        Flavor::Astro => astro::component(icon),
        Flavor::IconifyIcon => {
            format!(
                "<iconify-icon icon=\"{}\"></iconify-icon>",
                references::encode(icon.name)
            )
        }
        Flavor::Unocss => format!(
            "<div class=\"i-{}\"></div>",
            references::encode(&unocss_name(icon.name))
        ),
    }
}

fn symbol(icon: Drawing<'_>) -> String {
    let body = ids::make_unique(icon.body, icon.name);
    let id = references::encode(&icon.name.replace(':', "-"));
    let view_box = icon.view_box.to_attribute();
    let xlink = if body.contains("xlink:") {
        " xmlns:xlink=\"http://www.w3.org/1999/xlink\""
    } else {
        ""
    };
    format!("<symbol{xlink} id=\"{id}\" viewBox=\"{view_box}\">{body}</symbol>")
}

/// `mdi-home`, but `mdi:home-outline`: with more hyphens than one, `UnoCSS` would have to guess where the prefix ends.
fn unocss_name(name: &str) -> String {
    if name.contains('-') {
        name.to_owned()
    } else {
        name.replace(':', "-")
    }
}

#[cfg(test)]
mod tests;
