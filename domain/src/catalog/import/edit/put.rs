//! Putting icons into a set, in the place of what is called so.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{
    EditedSet, NewIcon,
    redraw::{self, Follower, RedrawFault, followers},
};
use crate::{
    catalog::{
        Catalog,
        icon::IconKind,
        import::{
            difference::Existing,
            row::{Drawing, Facts, IconRow, content_hash, id_of, kind_column, style_column},
            writer::Writer,
        },
    },
    database::DatabaseError,
    svg::style,
};

/// What became of icons that were to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutIcons {
    /// They are there.
    Stored {
        /// Since when; none where they were there before.
        generation: Option<i64>,
    },
    /// Nothing was done.
    Refused(Vec<PutFault>),
}

/// Why icons cannot be put. Each place is one among the icons that were given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PutFault {
    #[error("there is no icon set `{0}`: make it first, by `iconql import` of a file with this prefix")]
    NoSet(String),
    #[error("this key is given twice, first as number {first}, counted from 0: give each icon once")]
    GivenTwice { place: usize, first: usize },
    #[error("its row id is taken by another name, which happens by chance: choose another key")]
    RowIdTaken { place: usize },
    #[error(
        "its alias `{alias}` cannot follow: {fault}. Put an icon in the place of `{alias}` in the same input, or delete it first"
    )]
    Alias {
        place: usize,
        alias: String,
        fault: RedrawFault,
    },
}

impl Catalog {
    /// Puts `icons` into the set `prefix`, all of them or none. Each takes the place of what is called so, with its tags; it is shown,
    /// and has the categories that the name had.
    ///
    /// Plain aliases of a replaced icon are its other names, so they draw what it draws now, and its turned aliases draw that turned.
    /// An alias that is put is one no more.
    pub async fn put_icons(&self, prefix: &str, icons: &[NewIcon], now_ms: i64) -> Result<PutIcons, DatabaseError> {
        let twice = given_twice(icons);
        if !twice.is_empty() {
            return Ok(PutIcons::Refused(twice));
        }
        let writer = Writer::of_request(&self.database, prefix).await?;
        let generation = writer.lock().await? + 1;
        let Some(set) = writer.edited_set().await? else {
            return Ok(PutIcons::Refused(vec![PutFault::NoSet(prefix.to_owned())]));
        };
        let existing = writer.existing().await?;
        let ids: Vec<i64> = icons.iter().map(|icon| id_of(prefix, &icon.key)).collect();
        let taken = taken(&existing, icons, &ids);
        if !taken.is_empty() {
            return Ok(PutIcons::Refused(taken));
        }
        let followers = followers(&existing, &ids);
        let drawn: HashSet<i64> = (followers.iter())
            .flat_map(|follower| [follower.id, follower.leader])
            .collect();
        let drawings = writer.drawings(&drawn.into_iter().collect::<Vec<_>>()).await?;
        let mut rows = Rows::of(&set, &existing, icons, &ids);
        let faults = rows.add(&followers, &drawings);
        if !faults.is_empty() {
            return Ok(PutIcons::Refused(faults));
        }
        let wanted = rows.wanted;
        let mut edit = set.edit(prefix, existing, wanted, &[])?;
        let tags = other_tags(icons, &ids, &writer.tags_of(&ids).await?);
        if edit.difference.is_empty() && tags.is_empty() {
            return Ok(PutIcons::Stored { generation: None });
        }
        let keys: HashMap<i64, &str> = ids
            .into_iter()
            .zip(icons.iter().map(|icon| icon.key.as_str()))
            .collect();
        edit.difference.tell_changed(tags.iter().map(|(id, _)| keys[id]));
        writer.take_generation(generation).await?;
        edit.write(&writer, &tags, (generation, now_ms)).await?;
        writer.commit().await?;
        self.has_made(generation).await;
        let generation = Some(generation);
        Ok(PutIcons::Stored { generation })
    }
}

fn given_twice(icons: &[NewIcon]) -> Vec<PutFault> {
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    let again = icons.iter().enumerate().filter_map(|(place, icon)| {
        let first = *firsts.entry(&icon.key).or_insert(place);
        (first != place).then_some(PutFault::GivenTwice { place, first })
    });
    again.collect()
}

/// Icons whose row ids other names have, of other sets, of this one, or among themselves.
fn taken(existing: &Existing, icons: &[NewIcon], ids: &[i64]) -> Vec<PutFault> {
    let mut seen = HashSet::new();
    let is_taken = |(icon, id): (&NewIcon, &i64)| {
        let by_other = existing.rows.get(id).is_some_and(|row| row.key != icon.key);
        by_other || existing.foreign.contains(id) || !seen.insert(*id)
    };
    let is_taken = icons.iter().zip(ids).map(is_taken).enumerate();
    is_taken
        .filter_map(|(place, is_taken)| is_taken.then_some(PutFault::RowIdTaken { place }))
        .collect()
}

/// The icons whose tags are not those they had, with the tags they are to have.
fn other_tags<'t>(
    icons: &'t [NewIcon],
    ids: &[i64],
    stored: &HashMap<i64, BTreeSet<String>>,
) -> Vec<(i64, BTreeSet<&'t str>)> {
    let wanted = icons
        .iter()
        .zip(ids)
        .map(|(icon, id)| (*id, icon.tags.iter().collect::<BTreeSet<&str>>()));
    let differs = |(id, tags): &(i64, BTreeSet<&str>)| {
        let stored = stored.get(id).into_iter().flatten().map(String::as_str);
        !stored.eq(tags.iter().copied())
    };
    wanted.filter(differs).collect()
}

/// The rows of icons that are put, and of their aliases.
struct Rows<'a> {
    existing: &'a Existing,
    /// Each icon, by its id, and its place.
    icons: HashMap<i64, (usize, &'a NewIcon)>,
    wanted: Vec<IconRow>,
    /// Facts of `wanted`.
    facts: HashMap<i64, Facts>,
}

impl<'a> Rows<'a> {
    fn of(set: &EditedSet, existing: &'a Existing, icons: &'a [NewIcon], ids: &[i64]) -> Self {
        let mut rows = Self {
            existing,
            icons: ids.iter().copied().zip(icons.iter().enumerate()).collect(),
            wanted: Vec::with_capacity(icons.len()),
            facts: HashMap::with_capacity(icons.len()),
        };
        for (icon, id) in icons.iter().zip(ids) {
            let Drawing { view_box, body } = &icon.drawing;
            let facts = Facts {
                parent_id: None,
                variant_id: None,
                kind: kind_column(IconKind::Icon),
                style: style::of(body).map(style_column),
                hidden: false,
                listed: true,
                // What a set's publisher says of its colours is said of the publisher's icons; this one is judged by itself.
                palette: set.palette || !body.contains("currentColor"),
                content_hash: content_hash(*view_box, body),
                categories: existing.rows.get(id).and_then(|row| row.facts.categories.clone()),
            };
            rows.want(*id, &icon.key, facts, icon.drawing.clone());
        }
        rows
    }

    fn want(&mut self, id: i64, key: &str, facts: Facts, Drawing { view_box, body }: Drawing) {
        self.facts.insert(id, facts.clone());
        self.wanted.push(IconRow {
            id,
            key: key.to_owned(),
            facts,
            view_box,
            body,
        });
    }

    /// Has `followers`, parents before their aliases, draw what is put. Those that cannot are told.
    fn add(&mut self, followers: &[Follower], drawings: &HashMap<i64, Drawing>) -> Vec<PutFault> {
        let mut faults = Vec::new();
        for follower in followers {
            let old = &self.existing.rows[&follower.id];
            let (place, leader) = self.icons[&follower.leader];
            let (Some(before), Some(alias)) = (drawings.get(&follower.leader), drawings.get(&follower.id)) else {
                continue;
            };
            match redraw::redraw(before, alias, &leader.drawing) {
                Ok(drawing) => {
                    let facts = self.follow(follower, &old.facts, &drawing);
                    self.want(follower.id, &old.key, facts, drawing);
                }
                Err(fault) => faults.push(PutFault::Alias {
                    place,
                    alias: old.key.clone(),
                    fault,
                }),
            }
        }
        faults
    }

    /// The facts of an alias that is drawn anew.
    fn follow(&self, follower: &Follower, old: &Facts, drawing: &Drawing) -> Facts {
        let leader = &self.facts[&follower.leader];
        let is_plain = old.kind == kind_column(IconKind::PlainAlias);
        // But another name is seen where what it names is.
        let parent = self.facts.get(&follower.parent_id).filter(|_| is_plain);
        let hidden = parent.map_or(old.hidden, |parent| parent.hidden);
        Facts {
            style: leader.style,
            palette: leader.palette,
            content_hash: content_hash(drawing.view_box, &drawing.body),
            hidden,
            listed: !hidden && !is_plain,
            ..old.clone()
        }
    }
}
