//! The kinds of things that are kept: what each depends on, for how long it is good, and how it is written in Redis.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{Icon, IconId, IconName, IconSet, lookup};
use crate::{
    cache::{Dependency, Kind, Loaded, Resource, SetId, Ttls},
    database::{Database, DatabaseError},
};

/// What an icon is asked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct IconKey {
    pub(super) id: IconId,
    /// Whether a code point of the set's font is meant as well.
    pub(super) may_be_code_point: bool,
}

/// Icons by row, and by code point where one may be meant. Kept until the feed tells of the name; where a code point may be
/// meant, until it tells of anything in the set, for of code points it does not tell by name.
pub(super) struct Icons;

/// Icons by code point alone: until anything in the set changes.
pub(super) struct PointedIcons;

/// Sets by prefix: until anything in the set changes.
pub(super) struct Sets;

/// The aliases of an icon: until anything in the set changes, for the feed tells of them and not of what they name.
pub(super) struct Aliases;

/// The code points of an icon: until anything in the set changes, for the feed does not tell of them.
pub(super) struct Characters;

/// The tags of an icon: until the feed tells of the icon, as the import of keywords has it do.
pub(super) struct Tags;

/// The listed icons of a variant group: until anything in the set changes.
pub(super) struct Variants;

/// Memory for an icon, without its body.
const ICON_BYTES: usize = 350;
/// Memory for keeping anything at all.
const ENTRY_BYTES: u64 = 400;
/// Memory for a short text.
const TEXT_BYTES: usize = 48;

/// What all kinds have in common: they are read from the database, and kept by its failures' rules.
macro_rules! from_database {
    ($load:path) => {
        type Source = Database;
        type Error = DatabaseError;

        async fn load(source: &Database, keys: Vec<Self::Key>) -> Result<Loaded<Self>, DatabaseError> {
            $load(source, &keys).await
        }

        fn in_background(source: &Database) -> Database {
            source.counted_by(Arc::default())
        }
    };
}

/// What hangs on an icon, by its row. It stands for nothing as often as not, which is as good as anything else.
macro_rules! of_icon {
    ($kind:ident, $value:ty, ($number:literal, $name:literal), $depends_on:ident, $bytes:expr, $load:path) => {
        impl Resource for $kind {
            type Lookup = IconId;
            type Key = IconId;
            type Value = $value;

            const KIND: Kind = Kind {
                number: $number,
                name: $name,
                encoding: 1,
            };

            from_database!($load);

            fn lookup(key: &IconId) -> &IconId {
                key
            }

            fn number(key: &IconId) -> i64 {
                key.0
            }

            fn text(key: &IconId) -> String {
                format!("{:016x}", key.0)
            }

            fn depends_on(key: &IconId) -> Dependency {
                $depends_on(*key)
            }

            fn ttl(ttls: &Ttls, _: bool) -> Duration {
                ttls.icon
            }

            fn bytes(value: &Self::Value) -> usize {
                value.iter().map($bytes).sum()
            }

            fn encode(value: &Self::Value) -> Option<Vec<u8>> {
                to_bytes(&value.iter().map(|item| &*item).collect::<Vec<_>>())
            }

            fn decode(bytes: &[u8]) -> Option<Self::Value> {
                from_bytes(bytes)
            }
        }
    };
}

mod icons;

of_icon!(
    Aliases,
    Vec<IconName>,
    (3, "aliases"),
    on_set,
    name_bytes,
    lookup::load_aliases
);
of_icon!(
    Characters,
    Vec<String>,
    (4, "characters"),
    on_set,
    text_bytes,
    lookup::load_characters
);
of_icon!(Tags, Vec<String>, (5, "tags"), on_name, text_bytes, lookup::load_tags);

impl Resource for Sets {
    type Lookup = str;
    type Key = String;
    type Value = Arc<IconSet>;

    const KIND: Kind = Kind {
        number: 2,
        name: "set",
        encoding: 1,
    };

    from_database!(lookup::load_sets);

    fn lookup(key: &String) -> &str {
        key
    }

    fn number(prefix: &str) -> i64 {
        IconId::of_text(prefix, prefix).0
    }

    fn text(prefix: &str) -> String {
        prefix.to_owned()
    }

    fn depends_on(prefix: &str) -> Dependency {
        Dependency::Set(IconId::set_called(prefix))
    }

    fn shows(prefix: &str, is_there: bool) -> Dependency {
        if is_there {
            facts_of(prefix)
        } else {
            Self::depends_on(prefix)
        }
    }

    fn facts(set: &Arc<IconSet>) -> Option<u64> {
        Some(set.facts_hash())
    }

    fn ttl(ttls: &Ttls, is_there: bool) -> Duration {
        if is_there { ttls.set } else { ttls.negative }
    }

    fn bytes(set: &Arc<IconSet>) -> usize {
        size_of::<IconSet>() + set.text_bytes()
    }

    fn encode(set: &Arc<IconSet>) -> Option<Vec<u8>> {
        to_bytes(&**set)
    }

    fn decode(bytes: &[u8]) -> Option<Arc<IconSet>> {
        from_bytes(bytes).map(Arc::new)
    }
}

impl Resource for Variants {
    type Lookup = IconId;
    type Key = IconId;
    type Value = Vec<Arc<Icon>>;

    const KIND: Kind = Kind {
        number: 6,
        name: "variants",
        encoding: 1,
    };

    from_database!(lookup::load_variants);

    fn lookup(key: &IconId) -> &IconId {
        key
    }

    fn number(group: &IconId) -> i64 {
        group.0
    }

    fn text(group: &IconId) -> String {
        format!("{:016x}", group.0)
    }

    fn depends_on(group: &IconId) -> Dependency {
        on_set(*group)
    }

    fn ttl(ttls: &Ttls, _: bool) -> Duration {
        ttls.icon
    }

    fn bytes(icons: &Self::Value) -> usize {
        icons.iter().map(icon_bytes).sum()
    }

    fn encode(icons: &Self::Value) -> Option<Vec<u8>> {
        to_bytes(&icons.iter().map(|icon| &**icon).collect::<Vec<_>>())
    }

    fn decode(bytes: &[u8]) -> Option<Self::Value> {
        let icons: Vec<Icon> = from_bytes(bytes)?;
        Some(icons.into_iter().map(Arc::new).collect())
    }
}

pub(super) fn on_name(id: IconId) -> Dependency {
    Dependency::Name {
        id: id.0,
        set: id.set(),
    }
}

/// The facts of a set that it does not have from its icons.
pub(super) fn facts_of(prefix: &str) -> Dependency {
    Dependency::Facts {
        number: Sets::number(prefix),
        set: IconId::set_called(prefix),
    }
}

pub(super) fn on_set(id: IconId) -> Dependency {
    Dependency::Set(id.set())
}

impl IconId {
    /// The set that the id's icon is of, as far as its id says.
    pub(super) fn set(self) -> SetId {
        SetId(self.set_bits())
    }

    /// The set of a prefix.
    pub(super) fn set_called(prefix: &str) -> SetId {
        Self(Self::range_of_set(prefix).0).set()
    }
}

/// What keeping an icon takes in memory, about.
pub(super) fn kept_bytes(icon: &Arc<Icon>) -> u64 {
    icon_bytes(icon) as u64 + ENTRY_BYTES
}

fn icon_bytes(icon: &Arc<Icon>) -> usize {
    let categories: usize = icon.categories.iter().map(text_bytes).sum();
    ICON_BYTES + icon.body.len() + icon.name.as_str().len() + categories
}

fn name_bytes(name: &IconName) -> usize {
    TEXT_BYTES + name.as_str().len()
}

#[expect(clippy::ptr_arg, reason = "it is called with items of lists of these")]
fn text_bytes(text: &String) -> usize {
    TEXT_BYTES + text.len()
}

fn to_bytes(value: &(impl Serialize + ?Sized)) -> Option<Vec<u8>> {
    postcard::to_allocvec(value).ok()
}

/// Nothing may follow the value.
fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}
