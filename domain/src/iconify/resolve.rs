//! Every name of a set that can be asked for, with its final drawing.
//!
//! Source: `getIconData` and `iconToSVG` of `@iconify/utils` 3.1 for the drawing, the icon lists of `@iconify/api` 3 for
//! what is visible and counted.

mod categories;
mod graph;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;

use super::base_name::BaseNames;
use super::document::Document;
use super::info::Info;
use super::lenient::Lenient;
use super::name::is_character;
use super::skipped::{SkipReason, Skipped};
use crate::svg::style::{self, IconStyle};
use crate::svg::view_box::{Transformation, ViewBox, apply};
use graph::{Graph, Node, Place};

/// An icon set with nothing left to look up.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedSet {
    /// The name its icons are asked for by.
    pub prefix: String,
    /// What the publisher says about it.
    pub info: Option<Info>,
    /// Seconds since the Unix epoch.
    pub last_modified_seconds: Option<i64>,
    /// What names of a theme end with, without the dash, and its title. `""` stands for names without any of them.
    pub suffixes: Vec<(String, String)>,
    /// What names of a theme begin with, likewise.
    pub prefixes: Vec<(String, String)>,
    /// How many icons are listed. Publishers' own counts may differ.
    pub total: u32,
    /// Icons in source order, then aliases in source order. No two have one key.
    pub icons: Vec<ResolvedIcon>,
    /// Titles of all categories, in source order, those without icons included.
    pub categories: Vec<String>,
    /// Categories with listed icons, in source order, and how many.
    pub category_counts: Vec<(String, u32)>,
    /// Code points, as `f000` or `1f600-200d`, and the key of the icon each draws. A name wins over a character.
    pub characters: Vec<(String, String)>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// One name and what it draws.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedIcon {
    /// The part of the name after the prefix.
    pub key: String,
    /// What the name is.
    pub kind: IconKind,
    /// The key it is directly an alias of.
    pub parent: Option<String>,
    /// The box of `body`; a quarter turn has swapped its sides.
    pub view_box: ViewBox,
    /// Inner SVG, turned and checked.
    pub body: String,
    /// Whether it can be asked for and not be found.
    pub hidden: bool,
    /// Whether it is counted and listed: visible, and more than another name.
    pub listed: bool,
    /// Indexes into the set's `categories`, ascending.
    pub categories: Vec<u32>,
    /// How it is painted, if in one way.
    pub style: Option<IconStyle>,
    /// The name it shares with its variants.
    pub base_name: String,
}

/// What a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IconKind {
    /// It has its own body.
    Icon,
    /// Another name of its parent.
    PlainAlias,
    /// An alias that names a dimension or a transformation, or is visible where its parent is not, or the reverse.
    TransformedAlias,
}

/// Resolves every icon and alias of `document`, and names those that cannot be.
pub fn resolve(mut document: Document<'_>) -> ResolvedSet {
    let graph = Graph::new(&document);
    let mut skipped = std::mem::take(&mut document.skipped);
    skipped.extend(graph.report(&document));
    let characters = characters(&graph, &document, &mut skipped);
    let categories = categories::assign(&graph, &document, &mut skipped);
    let bodies = take_bodies(&mut document);
    let icons = icons(&graph, &document, bodies, categories);
    ResolvedSet {
        total: icons.iter().map(|icon| u32::from(icon.listed)).sum(),
        category_counts: categories::count(&icons, &document),
        icons,
        characters,
        skipped,
        prefix: document.prefix,
        info: document.info,
        last_modified_seconds: document.last_modified_seconds,
        categories: document.categories.into_iter().map(|(title, _)| title).collect(),
        prefixes: document.themes.prefixes,
        suffixes: document.themes.suffixes,
    }
}

/// The bodies of the icons by place; those of skipped icons are empty.
fn take_bodies(document: &mut Document<'_>) -> Vec<String> {
    let bodies = document.icons.values_mut().map(|icon| match icon {
        Ok(icon) => std::mem::take(&mut icon.body).into_string(),
        Err(_) => String::new(),
    });
    bodies.collect()
}

fn icons(
    graph: &Graph,
    document: &Document<'_>,
    mut bodies: Vec<String>,
    mut categories: Vec<Vec<u32>>,
) -> Vec<ResolvedIcon> {
    let exists = |key: &str| graph.find(key, document).is_some();
    let places: Vec<Place> = (0..categories.len())
        .filter(|place| graph.get(*place).is_some())
        .collect();
    let keys: Vec<&str> = places.iter().map(|place| document.key_at(*place)).collect();
    let base_names = BaseNames::new(&document.themes, &keys, &exists);
    let styles: Vec<Option<IconStyle>> = bodies.iter().map(|body| style::of(body)).collect();
    // Aliases before icons: once nothing else is drawn with a body, it can be moved instead of copied.
    let resolved = places.iter().zip(&keys).rev().filter_map(|(&place, &key)| {
        let node = graph.get(place)?;
        let (view_box, body) = if node.kind == IconKind::Icon {
            render(node, std::mem::take(&mut bodies[place]))
        } else {
            render(node, bodies[node.root].clone())
        };
        Some(ResolvedIcon {
            key: key.to_owned(),
            kind: node.kind,
            parent: node.parent.map(|parent| document.key_at(parent).to_owned()),
            view_box,
            body,
            hidden: node.hidden,
            listed: !node.hidden && node.kind != IconKind::PlainAlias,
            categories: std::mem::take(&mut categories[place]),
            style: styles[node.root],
            base_name: base_names.of(key).to_owned(),
        })
    });
    let mut icons: Vec<ResolvedIcon> = resolved.collect();
    icons.reverse();
    icons
}

/// Turns `body`, which is copied only if there is something to turn.
fn render(node: &Node, body: String) -> (ViewBox, String) {
    if node.transformation == Transformation::default() {
        return (node.view_box, body);
    }
    apply(node.transformation, node.view_box, &body)
}

fn characters(graph: &Graph, document: &Document<'_>, skipped: &mut Vec<Skipped>) -> Vec<(String, String)> {
    let mut characters = Vec::with_capacity(document.characters.len());
    for (character, Lenient(key)) in &document.characters {
        let reason = match key {
            _ if !is_character(character) => SkipReason::InvalidCharacter,
            Err(wrong) => SkipReason::WrongType(*wrong),
            Ok(key) if graph.find(key, document).is_some() => {
                characters.push((character.to_string(), key.to_string()));
                continue;
            }
            Ok(key) => SkipReason::CharacterWithoutIcon(key.to_string()),
        };
        skipped.push(Skipped {
            what: format!("chars.{}", &**character),
            reason,
        });
    }
    characters
}
