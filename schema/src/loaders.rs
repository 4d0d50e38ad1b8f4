//! Batches: every nested field asks here, and what is asked for at one depth of a request becomes one statement.
//!
//! A loader lives as long as its request, so that its statements are that request's own and end with it.

mod batches;

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use domain::{
    catalog::{Catalog, ChangeNamesKey, Icon, IconId, IconName, IconPageKey, IconSet, Page},
    database::DatabaseError,
};

pub(crate) use batches::Batches;

use crate::errors::Failure;

/// The loaders of one request.
pub(crate) struct Loaders(DataLoader<CatalogLoader>);

/// Reads each kind of key by one of the catalog's batches.
pub(crate) struct CatalogLoader(Catalog);

/// Keys that would otherwise be of one type and go to the wrong table.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident($of:ty);)*) => {
        $($(#[$doc])* #[derive(Debug, Clone, PartialEq, Eq, Hash)] pub(crate) struct $name(pub(crate) $of);)*
    };
}

keys! {
    /// An icon by its own name or a code point.
    ByName(IconName);
    /// An icon by a code point, written `prefix:codepoint`.
    ByCharacter(IconName);
    /// An icon by its row.
    ById(IconId);
    /// A set by prefix.
    SetOf(String);
    /// The aliases of an icon.
    AliasesOf(IconId);
    /// The code points of an icon.
    CharactersOf(IconId);
    /// The tags of an icon.
    TagsOf(IconId);
    /// The icons of a variant group.
    VariantsOf(IconId);
}

/// Answers one kind of key by one of the catalog's batch reads.
macro_rules! load {
    ($key:ident => $value:ty, $read:ident) => {
        impl Loader<$key> for CatalogLoader {
            type Value = $value;
            type Error = Failure;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, $value>, Failure> {
                let inner: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
                let found = observed(stringify!($read), inner.len(), self.0.$read(&inner).await)?;
                Ok(found.into_iter().map(|(key, value)| ($key(key), value)).collect())
            }
        }
    };
}

load!(ByName => Arc<Icon>, icons_by_name);
load!(ByCharacter => Arc<Icon>, icons_by_character);
load!(ById => Arc<Icon>, icons_by_id);
load!(SetOf => Arc<IconSet>, sets_by_prefix);
load!(AliasesOf => Vec<IconName>, aliases);
load!(CharactersOf => Vec<String>, characters);
load!(TagsOf => Vec<String>, tags);
load!(VariantsOf => Vec<Arc<Icon>>, variants);

impl Loader<IconPageKey> for CatalogLoader {
    type Value = Page<Arc<Icon>>;
    type Error = Failure;

    async fn load(&self, keys: &[IconPageKey]) -> Result<HashMap<IconPageKey, Self::Value>, Failure> {
        observed("icon_pages", keys.len(), self.0.icon_pages(keys).await)
    }
}

impl Loader<ChangeNamesKey> for CatalogLoader {
    type Value = Vec<IconName>;
    type Error = Failure;

    async fn load(&self, keys: &[ChangeNamesKey]) -> Result<HashMap<ChangeNamesKey, Self::Value>, Failure> {
        observed("change_names", keys.len(), self.0.change_names(keys).await)
    }
}

fn observed<T>(loader: &'static str, keys: usize, result: Result<T, DatabaseError>) -> Result<T, Failure> {
    #[expect(clippy::cast_precision_loss, reason = "a batch is far below 2^52 keys")]
    metrics::histogram!("dataloader_batch_size", "loader" => loader).record(keys as f64);
    result.map_err(|error| Failure::log(&error))
}

impl Loaders {
    /// Loaders that read from `catalog`, for a request that `batches` runs.
    pub(crate) fn new(catalog: Catalog, batches: &Batches) -> Self {
        let loader = DataLoader::new(CatalogLoader(catalog), batches.clone(), batches::NoDelay)
            // Batches are bounded by the limits on a request: splitting one would cost a statement.
            .max_batch_size(usize::MAX);
        Self(loader)
    }

    /// The catalog, for reads that are not batched.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.0.loader().0
    }

    /// What `key` stands for, if anything.
    pub(crate) async fn one<K, V>(&self, key: K) -> Result<Option<V>, Failure>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        V: Send + Sync + Clone + 'static,
        CatalogLoader: Loader<K, Value = V, Error = Failure>,
    {
        self.0.load_one(key).await
    }

    /// What each of `keys` stands for; those that name nothing are missing.
    pub(crate) async fn many<K, V>(&self, keys: impl IntoIterator<Item = K>) -> Result<HashMap<K, V>, Failure>
    where
        K: Send + Sync + Hash + Eq + Clone + 'static,
        V: Send + Sync + Clone + 'static,
        CatalogLoader: Loader<K, Value = V, Error = Failure>,
    {
        self.0.load_many(keys).await
    }
}

/// The loaders of the request being resolved.
pub(crate) fn loaders<'a>(context: &Context<'a>) -> &'a Loaders {
    context.data_unchecked::<Loaders>()
}
