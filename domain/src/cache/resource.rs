//! What can be cached, as the kinds of things declare it; and one thing as it is kept.

use std::{
    fmt::Display,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32},
    },
};

use foldhash::HashMap;

use super::timing::{Life, Ttls};

/// A kind of thing that is read by key. It says all that the layers have to know of it.
pub(crate) trait Resource: Sized + Send + Sync + 'static {
    /// What it is asked for by, where nobody needs to own it.
    type Lookup: Eq + ?Sized;
    type Key: Clone + Eq + Hash + Send + Sync + 'static;
    /// Cheap to clone.
    type Value: Clone + Send + Sync + 'static;
    /// Where it is read from.
    type Source: Clone + Send + Sync + 'static;
    type Error: Clone + Display + Send + Sync + 'static;

    /// Its number and its name, which no other kind has.
    const KIND: Kind;

    fn lookup(key: &Self::Key) -> &Self::Lookup;

    /// A number that keys seldom share. Those that do push each other out, and nothing worse.
    fn number(key: &Self::Lookup) -> i64;

    /// What a key is known by among what is popular; none of a kind of which nothing is.
    fn popular_number(_key: &Self::Lookup) -> Option<i64> {
        None
    }

    /// The key as Redis is told it.
    fn text(key: &Self::Lookup) -> String;

    /// What of the catalog it was made of: it is as good as new until that changes.
    fn depends_on(key: &Self::Lookup) -> Dependency;

    /// What of the catalog an answer is made of that shows it, where whoever shows it says nothing else.
    fn shows(key: &Self::Lookup, _is_there: bool) -> Dependency {
        Self::depends_on(key)
    }

    /// A hash of the facts that a set has of its own, of a value that is a set.
    fn facts(_value: &Self::Value) -> Option<u64> {
        None
    }

    /// How long it is kept at most, where the key stands for something and where it stands for nothing.
    fn ttl(ttls: &Ttls, is_there: bool) -> std::time::Duration;

    /// Bytes of a value, about.
    fn bytes(value: &Self::Value) -> usize;

    /// A value as it goes into Redis.
    fn encode(value: &Self::Value) -> Option<Vec<u8>>;

    /// What [`Self::encode`] made; none of anything else.
    fn decode(bytes: &[u8]) -> Option<Self::Value>;

    /// Reads all keys by one statement.
    fn load(
        source: &Self::Source,
        keys: Vec<Self::Key>,
    ) -> impl Future<Output = Result<Loaded<Self>, Self::Error>> + Send;

    /// The source for work that no request waits for.
    fn in_background(source: &Self::Source) -> Self::Source;
}

/// What tells kinds of things apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) number: u8,
    /// In the keys of Redis.
    pub(crate) name: &'static str,
    /// How values are written there: another one for another encoding.
    pub(crate) encoding: u8,
}

/// What a statement found, all of it in one generation of the catalog.
pub(crate) struct Loaded<R: Resource> {
    /// The generation.
    pub(crate) stamp: i64,
    /// Keys that stand for nothing are missing.
    pub(crate) found: HashMap<R::Key, R::Value>,
}

/// A set of icons, as the ids of its rows begin. Two sets that share it are refreshed together, and nothing worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SetId(pub(crate) u16);

/// What of the catalog a thing was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// What the feed tells of one name.
    Name { id: i64, set: SetId },
    /// What a set tells of itself, besides what comes from its icons.
    Facts { number: i64, set: SetId },
    /// Anything in a set.
    Set(SetId),
}

impl Dependency {
    /// The set that it is, or is in.
    pub(super) fn set(self) -> SetId {
        match self {
            Self::Name { set, .. } | Self::Facts { set, .. } | Self::Set(set) => set,
        }
    }
}

/// A thing as it is kept: also that a key stands for nothing is kept.
pub(super) struct Entry<R: Resource> {
    pub(super) key: R::Key,
    pub(super) value: Option<R::Value>,
    /// The generation of the catalog in which this was so.
    pub(super) stamp: i64,
    pub(super) life: Life,
    /// How often it was asked for while it was in memory, until somebody took that down.
    pub(super) asked: AtomicU32,
    /// As it was when it came into memory.
    pub(super) is_popular: AtomicBool,
}

/// One thing, whatever its kind, among all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    kind: u8,
    number: i64,
}

impl Place {
    pub(super) fn of<R: Resource>(key: &R::Lookup) -> Self {
        Self {
            kind: R::KIND.number,
            number: R::number(key),
        }
    }
}

/// Something of a kind that only its reader knows.
pub(super) type Erased = Arc<dyn std::any::Any + Send + Sync>;
