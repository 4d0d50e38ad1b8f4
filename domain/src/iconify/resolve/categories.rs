//! Which categories every name belongs to.

use super::ResolvedIcon;
use super::graph::Graph;
use crate::iconify::document::Document;
use crate::iconify::skipped::{SkipReason, Skipped};

/// Categories by place, as indexes into the document's list, ascending.
///
/// A name that is a plain alias stands for the entry it is another name of, and carries that entry's categories. An
/// alias that is drawn differently has its own, or those of its parent where it has none.
pub(super) fn assign(graph: &Graph, document: &Document<'_>, skipped: &mut Vec<Skipped>) -> Vec<Vec<u32>> {
    let mut assigned = vec![Vec::new(); document.icons.len() + document.aliases.len()];
    for (index, (title, names)) in (0..).zip(&document.categories) {
        let mut count = 0;
        let mut first = None;
        for name in names {
            let Some((_, node)) = graph.find(name, document) else {
                count += 1;
                first.get_or_insert(name);
                continue;
            };
            let categories: &mut Vec<u32> = &mut assigned[node.representative];
            if categories.last() != Some(&index) {
                categories.push(index);
            }
        }
        if let Some(first) = first {
            let reason = SkipReason::CategoryWithoutIcons {
                count,
                first: first.to_string(),
            };
            skipped.push(Skipped {
                what: format!("categories.{title}"),
                reason,
            });
        }
    }
    for &place in &graph.order {
        let parent = graph.get(place).and_then(|node| node.parent);
        if let Some(parent) = parent.filter(|_| assigned[place].is_empty()) {
            let inherited = assigned[parent].clone();
            assigned[place] = inherited;
        }
    }
    assigned
}

/// Titles of the categories that list icons, in source order, and how many.
pub(super) fn count(icons: &[ResolvedIcon], document: &Document<'_>) -> Vec<(String, u32)> {
    let mut counts = vec![0; document.categories.len()];
    for index in icons
        .iter()
        .filter(|icon| icon.listed)
        .flat_map(|icon| &icon.categories)
    {
        counts[*index as usize] += 1;
    }
    let titles = document.categories.iter().map(|(title, _)| title.clone());
    titles.zip(counts).filter(|(_, count)| *count > 0).collect()
}
