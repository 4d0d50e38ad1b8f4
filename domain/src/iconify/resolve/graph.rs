//! Which icon every name stands for, through aliases of aliases.
//!
//! Walks with a list instead of the call stack, each name once: a chain may be as long as the set.

use super::IconKind;
use crate::iconify::document::Document;
use crate::iconify::entry::{Alias, Icon, Properties};
use crate::iconify::name;
use crate::iconify::skipped::{SkipReason, Skipped};
use crate::svg::safety;
use crate::svg::view_box::{Transformation, ViewBox, apply};

/// An entry by its place: icons in source order, then aliases in source order.
pub(super) type Place = usize;

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: IconKind,
    /// The entry it is an alias of.
    pub(super) parent: Option<Place>,
    /// The icon at the end of the chain, whose body it is drawn with.
    pub(super) root: Place,
    /// The nearest entry of the chain that is not a plain alias: the one that is counted, listed and categorised.
    pub(super) representative: Place,
    /// The chain's own, without what the root of the document says.
    pub(super) properties: Properties,
    /// Before the transformation.
    pub(super) view_box: ViewBox,
    pub(super) transformation: Transformation,
    pub(super) hidden: bool,
}

#[derive(Debug)]
enum State {
    Unvisited,
    OnPath,
    Resolved(Node),
    Skipped(SkipReason),
}

/// Every entry of a document, resolved or skipped.
#[derive(Debug)]
pub(super) struct Graph {
    states: Vec<State>,
    /// Resolved places, parents before their aliases.
    pub(super) order: Vec<Place>,
}

impl Graph {
    pub(super) fn new(document: &Document<'_>) -> Self {
        let mut graph = Self {
            states: Vec::new(),
            order: Vec::new(),
        };
        graph
            .states
            .resize_with(document.icons.len() + document.aliases.len(), || State::Unvisited);
        for (place, (key, icon)) in document.icons.iter().enumerate() {
            let node = icon
                .as_ref()
                .map_err(SkipReason::clone)
                .and_then(|icon| judge(key, icon, place, document));
            graph.set(place, node);
        }
        for (place, (key, alias)) in (document.icons.len()..).zip(&document.aliases) {
            if document.icons.contains_key(key) {
                graph.set(place, Err(SkipReason::NameOfIcon));
            } else if let Err(reason) = alias.as_ref().map_err(SkipReason::clone).and_then(|_| check_name(key)) {
                graph.set(place, Err(reason));
            }
        }
        for place in document.icons.len()..graph.states.len() {
            graph.visit(place, document);
        }
        graph
    }

    /// The place and meaning of `key`, unless it was skipped or never there.
    pub(super) fn find(&self, key: &str, document: &Document<'_>) -> Option<(Place, &Node)> {
        let place = place_of(key, document)?;
        Some((place, self.get(place)?))
    }

    pub(super) fn get(&self, place: Place) -> Option<&Node> {
        match self.states.get(place)? {
            State::Resolved(node) => Some(node),
            _ => None,
        }
    }

    /// Tells what was skipped, in source order.
    pub(super) fn report(&self, document: &Document<'_>) -> Vec<Skipped> {
        let icons = document.icons.keys().map(|key| format!("icons.{}", &**key));
        let aliases = document.aliases.keys().map(|key| format!("aliases.{}", &**key));
        icons
            .chain(aliases)
            .zip(&self.states)
            .filter_map(|(what, state)| match state {
                State::Skipped(reason) => Some(Skipped {
                    what,
                    reason: reason.clone(),
                }),
                _ => None,
            })
            .collect()
    }

    /// Resolves the alias at `start` and every unresolved one above it.
    fn visit(&mut self, start: Place, document: &Document<'_>) {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(place) = next.filter(|place| matches!(self.states[*place], State::Unvisited)) {
            self.states[place] = State::OnPath;
            path.push(place);
            next = alias_at(place, document).and_then(|alias| place_of(&alias.parent, document));
        }
        if let Some(start) = next.and_then(|place| path.iter().position(|on_path| *on_path == place)) {
            for place in path.drain(start..) {
                self.states[place] = State::Skipped(SkipReason::AliasLoop);
            }
        }
        for place in path.into_iter().rev() {
            let alias = alias_at(place, document).expect("only usable aliases are visited");
            self.set(place, self.link(alias, place, document));
        }
    }

    fn set(&mut self, place: Place, node: Result<Node, SkipReason>) {
        if node.is_ok() {
            self.order.push(place);
        }
        self.states[place] = node.map_or_else(State::Skipped, State::Resolved);
    }

    /// What the alias at `place` stands for, its parent having been visited.
    fn link(&self, alias: &Alias<'_>, place: Place, document: &Document<'_>) -> Result<Node, SkipReason> {
        let parent_place =
            place_of(&alias.parent, document).ok_or_else(|| SkipReason::ParentMissing(alias.parent.to_string()))?;
        let parent = self
            .get(parent_place)
            .ok_or_else(|| SkipReason::ParentSkipped(alias.parent.to_string()))?;
        let properties = parent.properties.merge(alias.properties);
        let (view_box, transformation) = draw(document.defaults, properties)?;
        if let Some((_, Ok(icon))) = document.icons.get_index(parent.root) {
            check_turned(transformation, view_box, &icon.body)?;
        }
        let hidden = alias.hidden.unwrap_or(parent.hidden);
        let is_plain = !alias.is_redrawn && hidden == parent.hidden;
        Ok(Node {
            kind: if is_plain {
                IconKind::PlainAlias
            } else {
                IconKind::TransformedAlias
            },
            parent: Some(parent_place),
            root: parent.root,
            representative: if is_plain { parent.representative } else { place },
            properties,
            view_box,
            transformation,
            hidden,
        })
    }
}

/// What `icon` draws, if it can be asked for, drawn and served.
fn judge(key: &str, icon: &Icon<'_>, place: Place, document: &Document<'_>) -> Result<Node, SkipReason> {
    check_name(key)?;
    let (view_box, transformation) = draw(document.defaults, icon.properties)?;
    safety::check(&icon.body)?;
    check_turned(transformation, view_box, &icon.body)?;
    Ok(Node {
        kind: IconKind::Icon,
        parent: None,
        root: place,
        representative: place,
        properties: icon.properties,
        view_box,
        transformation,
        hidden: icon.hidden,
    })
}

/// The box and the turns of an icon with `properties` in a document with `defaults`.
fn draw(defaults: Properties, properties: Properties) -> Result<(ViewBox, Transformation), SkipReason> {
    let Properties {
        left,
        top,
        width,
        height,
        transformation,
    } = defaults.merge(properties);
    let (left, top) = (left.unwrap_or(0.0), top.unwrap_or(0.0));
    let (width, height) = (width.unwrap_or(16.0), height.unwrap_or(16.0));
    let view_box = ViewBox {
        left,
        top,
        width,
        height,
    };
    if view_box.can_be_drawn_in() {
        return Ok((view_box, transformation));
    }
    Err(SkipReason::ViewBox(view_box))
}

/// Whether `body` is still safe once turned: its definitions are cut out as text, and not always where XML would.
fn check_turned(transformation: Transformation, view_box: ViewBox, body: &str) -> Result<(), SkipReason> {
    if transformation != Transformation::default() && body.contains("<defs") {
        safety::check(&apply(transformation, view_box, body).1)?;
    }
    Ok(())
}

fn check_name(key: &str) -> Result<(), SkipReason> {
    if name::is_name(key) {
        Ok(())
    } else {
        Err(SkipReason::InvalidName)
    }
}

/// Where `key` stands. An icon wins over an alias of the same name.
fn place_of(key: &str, document: &Document<'_>) -> Option<Place> {
    let alias = || {
        document
            .aliases
            .get_index_of(key)
            .map(|index| document.icons.len() + index)
    };
    document.icons.get_index_of(key).or_else(alias)
}

fn alias_at<'d, 'a>(place: Place, document: &'d Document<'a>) -> Option<&'d Alias<'a>> {
    let (_, alias) = document.aliases.get_index(place.checked_sub(document.icons.len())?)?;
    alias.as_ref().ok()
}
