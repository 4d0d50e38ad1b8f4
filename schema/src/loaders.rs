//! Batches: every nested field asks here, and what is asked for at one depth of a request becomes one statement.
//!
//! The pattern is Facebook's `DataLoader`. The library's own makes three sets and a channel for each key that a field asks
//! for, and sends by a timer; here a key costs a look into one table, and `batches` knows when to send.

mod batches;
mod keyed;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use async_graphql::{Context, ContextSelectionSet};
use domain::{
    alerts::{Alert, AlertId},
    catalog::{Catalog, ChangeNamesKey, Icon, IconId, IconName, IconPageKey, IconSet, Page},
    database::DatabaseError,
    jobs::{Job, JobId},
    search::{Search, compute},
    usage::{RelatedIcon, RelatedKey, UsageKey, WindowUsage},
};
use futures_util::{FutureExt as _, future::BoxFuture};

use crate::{errors::Failure, validity::ShownUsage};
use keyed::Keyed;

/// Declares the kinds of keys, and the catalog's batch that reads each.
macro_rules! loaders {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty, $read:ident;)*) => {
        /// The loaders of one request, which live as long as it does, so that their statements are its own.
        pub(crate) struct Loaders {
            catalog: Catalog,
            search: Search,
            /// How often something was asked for that no loader reads.
            asked_elsewhere: AtomicU32,
            /// How often something was searched for.
            searched: AtomicU32,
            /// An order that usage has a say in was shown.
            shows_standings: AtomicBool,
            /// Figures of usage were shown.
            shows_figures: AtomicBool,
            $($(#[$doc])* pub(crate) $name: Keyed<$key, $value>,)*
        }

        impl Loaders {
            /// Loaders that read from `catalog`, for one request that may also search.
            pub(crate) fn new(catalog: Catalog, search: Search) -> Arc<Self> {
                Arc::new(Self { catalog, search, asked_elsewhere: AtomicU32::default(), searched: AtomicU32::default(), shows_standings: AtomicBool::default(), shows_figures: AtomicBool::default(), $($name: Keyed::default(),)* })
            }

            /// How often anything was asked for so far.
            fn asked(&self) -> u32 {
                let elsewhere = self.asked_elsewhere.load(Ordering::Relaxed);
                [$(self.$name.asked()),*].into_iter().fold(elsewhere, u32::wrapping_add)
            }

            /// Forgets what was found, for a request that lives on, when nothing of it is being read.
            pub(crate) fn forget(&self) {
                $(self.$name.forget();)*
            }

            /// A batch for each kind of key that was asked for since the last call.
            fn begin_batches(self: &Arc<Self>) -> Vec<BoxFuture<'static, ()>> {
                let mut batches: Vec<BoxFuture<'static, ()>> = Vec::new();
                $(if let Some(keys) = self.$name.take_begun() {
                    let loaders = Arc::clone(self);
                    batches.push(async move {
                        let found = loaders.catalog.$read(&keys).await;
                        let found = observed(stringify!($read), keys.len(), found);
                        loaders.$name.answer(keys, found);
                    }.boxed());
                })*
                batches
            }
        }
    };
}

loaders! {
    /// Icons by their own name or a code point.
    by_name: IconName => Arc<Icon>, icons_by_name;
    /// Icons by a code point, written `prefix:codepoint`.
    by_character: IconName => Arc<Icon>, icons_by_character;
    /// Icons by row.
    by_id: IconId => Arc<Icon>, icons_by_id;
    /// Sets by prefix.
    sets: String => Arc<IconSet>, sets_by_prefix;
    /// The aliases of an icon.
    aliases: IconId => Vec<IconName>, aliases;
    /// The code points of an icon.
    characters: IconId => Vec<String>, characters;
    /// The tags of an icon.
    tags: IconId => Vec<String>, tags;
    /// The variant group of an icon, read anew.
    variant_groups: IconId => IconId, variant_groups;
    /// The icons of a variant group.
    variants: IconId => Vec<Arc<Icon>>, variants;
    /// Pages of a set's icons.
    icon_pages: IconPageKey => Page<Arc<Icon>>, icon_pages;
    /// Names of a change.
    change_names: ChangeNamesKey => Vec<IconName>, change_names;
    /// Jobs, as they stand.
    jobs: JobId => Arc<Job>, jobs;
    /// Alerts, as they stand.
    alerts: AlertId => Arc<Alert>, alerts;
    /// How often icons and sets were used.
    usage: UsageKey => Arc<WindowUsage>, usage;
    /// What is used together with an icon.
    related: RelatedKey => Vec<RelatedIcon>, related;
}

fn observed<T>(loader: &'static str, keys: usize, result: Result<T, DatabaseError>) -> Result<T, Failure> {
    #[expect(clippy::cast_precision_loss, reason = "a batch is far below 2^52 keys")]
    metrics::histogram!("dataloader_batch_size", "loader" => loader).record(keys as f64);
    result.map_err(|error| Failure::log(&error))
}

impl Loaders {
    /// The catalog, for reads that are not batched.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Icons by row, in the order of `ids`, as `generation` of the catalog has them or, where that has gone by, as they are.
    pub(crate) async fn icons_found(&self, ids: &[IconId], generation: i64) -> Result<Vec<Option<Arc<Icon>>>, Failure> {
        // What the search has seen, the rest of the answer has too.
        self.catalog.has_shown(generation);
        let known = ids.iter().map(|id| self.catalog.remembered_icon(*id));
        let mut icons: Vec<Option<Arc<Icon>>> = known.collect();
        let unknown: Vec<IconId> = (ids.iter().zip(&icons))
            .filter_map(|(id, icon)| icon.is_none().then_some(*id))
            .collect();
        if unknown.is_empty() {
            return Ok(icons);
        }
        let mut read = self.by_id.many(&unknown).await?.into_iter();
        for icon in icons.iter_mut().filter(|icon| icon.is_none()) {
            *icon = read.next().flatten();
        }
        Ok(icons)
    }

    /// The variant group of an icon, which changes with other icons of the set: where any has changed since the icon was read,
    /// it is read again.
    pub(crate) async fn variant_group(&self, icon: &Icon) -> Result<Option<IconId>, Failure> {
        self.note_elsewhere();
        if self.catalog.is_set_as_in(icon) {
            return Ok(icon.variant_id);
        }
        self.variant_groups.one(&icon.id).await
    }

    /// How often more was asked for so far than icons and the facts of their sets: as long as that is the same, what an icon answers is
    /// made of these alone.
    pub(crate) fn asked_for_more(&self) -> u32 {
        self.asked().wrapping_sub(self.sets.asked())
    }

    /// How often anything was searched for so far.
    pub(crate) fn searched(&self) -> u32 {
        self.searched.load(Ordering::Relaxed)
    }

    /// What a set has from its icons is shown, as its `total`.
    pub(crate) fn shows_set(&self, prefix: &str) {
        self.note_elsewhere();
        self.catalog.has_shown_set(prefix);
    }

    fn note_elsewhere(&self) {
        self.asked_elsewhere.fetch_add(1, Ordering::Relaxed);
    }

    /// The names that are closest to one that is not there. No icon's selection can ask for them, so that they are no part of what an
    /// icon answers.
    pub(crate) async fn closest(&self, name: &IconName) -> Vec<IconName> {
        self.catalog.has_shown_everything();
        compute(|| self.search.closest(name)).await
    }

    /// The search, which needs no batches: it reads from memory. Whatever is made of what it finds is made of everything.
    pub(crate) fn search(&self) -> &Search {
        self.note_elsewhere();
        self.searched.fetch_add(1, Ordering::Relaxed);
        self.catalog.has_shown_everything();
        &self.search
    }

    /// An order that usage has a say in is shown.
    pub(crate) fn shows_standings(&self) {
        self.shows_standings.store(true, Ordering::Relaxed);
    }

    /// Figures of usage are shown, which move with time.
    pub(crate) fn shows_figures(&self) {
        self.shows_figures.store(true, Ordering::Relaxed);
    }

    /// What of usage was shown so far.
    pub(crate) fn shown_usage(&self) -> ShownUsage {
        ShownUsage {
            standings: self.shows_standings.load(Ordering::Relaxed),
            figures: self.shows_figures.load(Ordering::Relaxed),
        }
    }
}

/// The loaders of the request being resolved.
pub(crate) fn loaders<'a>(context: &Context<'a>) -> &'a Arc<Loaders> {
    context.data_unchecked::<Arc<Loaders>>()
}

/// As [`loaders`], where a selection is being resolved.
pub(crate) fn loaders_of<'a>(context: &ContextSelectionSet<'a>) -> &'a Arc<Loaders> {
    context.data_unchecked::<Arc<Loaders>>()
}
