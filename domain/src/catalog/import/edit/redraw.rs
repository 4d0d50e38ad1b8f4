//! Aliases of icons that are drawn anew. Each repeats what it names, turned by its own turns; of those, the catalog keeps what
//! they came to, and what they were is found out by turning the old drawing. It knows no database.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    catalog::import::{difference::Existing, row::Drawing},
    svg::{
        safety::{self, UnsafeSvg},
        view_box::{Transformation, apply},
    },
};

/// A name that draws what an icon draws that is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Follower {
    pub(super) id: i64,
    pub(super) parent_id: i64,
    /// The icon that is put.
    pub(super) leader: i64,
}

/// Why an alias cannot be drawn anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedrawFault {
    /// It names a dimension, which is not to be had from the drawing that it came to.
    #[error("it has a box of its own")]
    OwnBox,
    /// The new drawing cannot be turned as text.
    #[error("the drawing would be unsafe once turned: {0}")]
    Unsafe(#[from] UnsafeSvg),
}

/// The aliases of what is `put`, and theirs, each after its parent. Those that are put themselves draw what is put, and so do theirs.
pub(super) fn followers(existing: &Existing, put: &[i64]) -> Vec<Follower> {
    let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
    for (id, row) in &existing.rows {
        if let Some(parent_id) = row.facts.parent_id {
            children.entry(parent_id).or_default().push(*id);
        }
    }
    let leaders: HashSet<i64> = put.iter().copied().collect();
    let mut open: VecDeque<(i64, i64)> = put.iter().map(|id| (*id, *id)).collect();
    let mut followers = Vec::new();
    while let Some((parent_id, leader)) = open.pop_front() {
        // Each is taken once, so that whatever the table holds comes to an end.
        for id in children.remove(&parent_id).unwrap_or_default() {
            if !leaders.contains(&id) {
                followers.push(Follower { id, parent_id, leader });
                open.push_back((id, leader));
            }
        }
    }
    followers
}

/// What an alias that drew `alias`, of an icon that drew `before`, draws of one that draws `after`.
pub(super) fn redraw(before: &Drawing, alias: &Drawing, after: &Drawing) -> Result<Drawing, RedrawFault> {
    if before == after {
        return Ok(alias.clone());
    }
    let turn = |drawing: &Drawing, transformation| {
        let (view_box, body) = apply(transformation, drawing.view_box, &drawing.body);
        Drawing { view_box, body }
    };
    let transformation = transformations().find(|transformation| turn(before, *transformation) == *alias);
    let transformation = transformation.ok_or(RedrawFault::OwnBox)?;
    let redrawn = turn(after, transformation);
    // Definitions are cut out as text, and not always where XML would.
    safety::check(&redrawn.body)?;
    Ok(redrawn)
}

/// Every way to turn a drawing, as it is first.
fn transformations() -> impl Iterator<Item = Transformation> {
    (0..16).map(|number| Transformation {
        flip_horizontal: number & 1 != 0,
        flip_vertical: number & 2 != 0,
        quarter_turns: number >> 2,
    })
}

#[cfg(test)]
mod tests {
    use super::{Drawing, RedrawFault, apply, redraw, transformations};
    use crate::svg::view_box::ViewBox;

    fn drawing(width: f64, body: &str) -> Drawing {
        let view_box = ViewBox {
            left: 1.0,
            top: -2.0,
            width,
            height: 16.0,
        };
        Drawing {
            view_box,
            body: body.to_owned(),
        }
    }

    #[test]
    fn an_alias_is_turned_as_it_was() {
        for body in ["<path d=\"M0 0\"/>", "<defs><g id=\"a\"/></defs><use href=\"#a\"/>", ""] {
            for width in [24.0, 16.0] {
                let (before, after) = (drawing(width, body), drawing(20.0, "<path d=\"M1 1\"/>"));
                for transformation in transformations() {
                    let turned = |drawing: &Drawing| {
                        let (view_box, body) = apply(transformation, drawing.view_box, &drawing.body);
                        Drawing { view_box, body }
                    };
                    let redrawn = redraw(&before, &turned(&before), &after);
                    assert_eq!(redrawn, Ok(turned(&after)), "{transformation:?}");
                }
            }
        }
    }

    #[test]
    fn a_box_of_its_own_is_not_guessed() {
        let (before, after) = (drawing(24.0, "<g/>"), drawing(24.0, "<path/>"));
        let alias = drawing(32.0, "<g/>");
        assert_eq!(redraw(&before, &alias, &after), Err(RedrawFault::OwnBox));
        // Where nothing is drawn anew, it stays.
        assert_eq!(redraw(&before, &alias, &before), Ok(alias));
    }

    #[test]
    fn what_is_unsafe_once_turned_is_refused() {
        let before = drawing(24.0, "<g/>");
        let (view_box, body) = apply(transformations().nth(1).unwrap(), before.view_box, &before.body);
        let alias = Drawing { view_box, body };
        let after = drawing(24.0, "<title>&lt;</title><defs/><g><defs><path/></defs></g>");
        assert!(
            matches!(redraw(&before, &alias, &after), Err(RedrawFault::Unsafe(_))),
            "{:?}",
            redraw(&before, &alias, &after)
        );
    }
}
