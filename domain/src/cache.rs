//! Things of the catalog, kept where they are quicker to have: in memory, then in Redis, then by one statement from the database.
//!
//! The files follow a read on its way. `resource` is what a kind of thing says of itself, and one thing as it is kept;
//! `freshness` says whether what was kept is still right, `entities` is the first layer, `flights` has each thing read by one at
//! a time, `reading` is what a request has seen and `made_of` what its answer is made of, `read` puts these together; `fill` goes
//! further down and back up, `shared` is the second layer and `encoding` how things are written there, `timing` says how long
//! anything is kept; `facts` has since when sets tell the same of themselves; `figures` counts all of it, and `popular` what is popular.
//!
//! `memory` is what this layer and those of answers, which others own, keep their things in; `sizing` divides the memory among them.
//!
//! It knows no table and no GraphQL: what can be kept, and how it is read, the catalog declares.

mod encoding;
mod entities;
mod facts;
mod figures;
mod fill;
mod flights;
mod freshness;
mod made_of;
mod memory;
mod popular;
mod read;
mod reading;
mod resource;
mod shared;
mod sizing;
#[cfg(test)]
mod tests;
mod timing;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use foldhash::HashSet;
use tokio::sync::Notify;

pub use figures::{Counts, Layer, LayerFigures, Outcome, Times};
pub(crate) use freshness::SetChange;
pub use made_of::{MadeOf, Parts};
pub use memory::{Extent, Memory, Weigh};
pub use popular::PopularLookups;
pub use reading::Lookups;
pub(crate) use reading::Reading;
pub(crate) use resource::{Dependency, Kind, Loaded, Resource, SetId};
pub use sizing::{Headroom, MemoryBudget};
pub use timing::{Chance, Ttls};

use crate::{
    access::Clock,
    redis::Redis,
    switches::{Switch, Switches},
};
use entities::Entities;
use flights::Flights;
use freshness::Freshness;
use popular::Popular;
use shared::Shared;

/// How long things are kept.
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// How long anything is kept in memory.
    pub memory_ttl: Duration,
    pub ttls: Ttls,
    /// How long what is too old is shown while the database cannot be asked.
    pub stale: Duration,
}

/// What a cache works with beside its configuration.
pub struct Surroundings {
    /// Where things are kept in this process.
    pub memory: MemoryBudget,
    pub clock: Clock,
    pub chance: Chance,
    /// Whether anything is kept, and in Redis too.
    pub switches: Switches,
    /// Where things are shared, and what the keys there begin with.
    pub redis: Option<(Redis, String)>,
}

/// Keeps things. Clones share what is kept.
#[derive(Clone, Default)]
pub struct Cache(Option<Arc<Layers>>);

struct Layers {
    config: CacheConfig,
    clock: Clock,
    chance: Chance,
    switches: Switches,
    freshness: Freshness,
    /// How often everything was forgotten.
    lifetime: AtomicU64,
    memory: MemoryBudget,
    entities: Entities,
    flights: Flights,
    shared: Option<Arc<Shared>>,
    following: Following,
    popular: Popular,
    /// In the order of [`Layer::ALL`].
    counts: [Arc<Counts>; Layer::ALL.len()],
}

/// How the changes of the catalog are followed.
#[derive(Default)]
struct Following {
    /// Somebody has reason to believe that there are some.
    wake: Notify,
    /// One asks at a time.
    turn: tokio::sync::Mutex<()>,
    /// When they were last asked for, with an answer.
    last_ms: AtomicI64,
    is_lost: AtomicBool,
}

/// How far the catalog is known when something is made of it: whoever keeps things of their own keeps this with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    generation: i64,
    lifetime: u64,
}

impl Layers {
    /// Forgets everything, and what others have made of it.
    fn forget(&self) {
        self.lifetime.fetch_add(1, Ordering::AcqRel);
        self.entities.clear();
    }
}

impl Cache {
    /// An empty cache, which keeps nothing before it is told of the catalog's changes. Called on a runtime where there is Redis.
    pub fn new(config: CacheConfig, surroundings: Surroundings) -> Self {
        let counts: [Arc<Counts>; Layer::ALL.len()] = Default::default();
        let shared = surroundings.redis.map(|(redis, namespace)| {
            let counts = Arc::clone(&counts[Layer::Redis as usize]);
            Arc::new(Shared::new(redis, namespace, counts))
        });
        Self(Some(Arc::new(Layers {
            clock: surroundings.clock,
            chance: surroundings.chance,
            switches: surroundings.switches,
            freshness: Freshness::default(),
            lifetime: AtomicU64::default(),
            entities: Entities::within(&surroundings.memory),
            memory: surroundings.memory,
            flights: Flights::default(),
            shared,
            following: Following::default(),
            popular: Popular::default(),
            counts,
            config,
        })))
    }

    /// Forgets everything in this process.
    pub fn forget(&self) {
        if let Some(layers) = &self.0 {
            layers.forget();
        }
    }

    /// Whether the catalog's changes are heard of. While they are not, what is shown may be older than they say.
    pub fn is_following(&self) -> bool {
        !self.0.as_ref().is_some_and(|layers| layers.following.is_lost())
    }

    /// Bytes that there is room for in memory, of what is read of the catalog.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let memory = self.memory();
        memory.map_or(0, |memory| memory.extent(Layer::Memory).capacity_bytes)
    }

    /// The memory that all layers share; none where nothing is kept.
    pub fn memory(&self) -> Option<&MemoryBudget> {
        Some(&self.0.as_ref()?.memory)
    }

    /// What the layers did.
    pub fn figures(&self) -> Vec<LayerFigures> {
        let Some(layers) = &self.0 else {
            return Vec::new();
        };
        Layer::ALL.into_iter().map(|layer| layers.figures(layer)).collect()
    }

    /// How often what is popular was looked up since the start.
    pub fn popular_lookups(&self) -> PopularLookups {
        self.0
            .as_ref()
            .map(|layers| layers.popular.lookups())
            .unwrap_or_default()
    }

    /// From now on these are popular, by what their kind calls them.
    pub(crate) fn count_popular(&self, numbers: HashSet<i64>) {
        if let Some(layers) = &self.0 {
            layers.popular.are(numbers);
        }
    }

    /// Many keys at once, of which those that stand for nothing are missing in the answer.
    pub(crate) async fn read<R: Resource>(
        &self,
        source: &R::Source,
        reading: &Reading,
        keys: &[R::Key],
    ) -> Result<foldhash::HashMap<R::Key, R::Value>, R::Error> {
        if let Some(layers) = self.working() {
            return layers.read::<R>(source, reading, keys).await;
        }
        self.note_uncached::<R>(keys);
        Ok(R::load(source, keys.to_vec()).await?.found)
    }

    /// What is popular and looked up while nothing is kept is read from the database.
    fn note_uncached<R: Resource>(&self, keys: &[R::Key]) {
        if let Some(layers) = &self.0 {
            layers.popular.wanted(layers.popular.loading::<R>(keys));
        }
    }

    /// What a key stands for, where that is in memory.
    pub(crate) fn peek<R: Resource>(&self, reading: &Reading, key: &R::Lookup) -> Option<R::Value> {
        self.working()?.peek::<R>(reading, key)
    }

    /// Whether what was read in generation `stamp` is still right, as far as is known.
    pub(crate) fn is_fresh(&self, stamp: i64, dependency: Dependency) -> bool {
        // Without a cache, it was read a moment ago.
        self.working()
            .is_none_or(|layers| layers.freshness.view().is_fresh(stamp, dependency, 0))
    }

    /// Whether what was made when `shown` was shown is still right, for whoever has seen the catalog as `reading` says; never
    /// without a cache, which would keep nothing.
    pub(crate) fn is_fresh_to(&self, reading: &Reading, shown: Shown, dependency: Dependency) -> bool {
        self.working().is_some_and(|layers| {
            let view = layers.freshness.view();
            view.is_fresh(shown.generation, dependency, reading.at_least())
                && layers.lifetime.load(Ordering::Acquire) == shown.lifetime
        })
    }

    /// Whether what was made of some parts of the catalog when `shown` was shown is still right.
    pub(crate) fn are_unchanged(&self, parts: &Parts, shown: Shown) -> bool {
        self.working().is_some_and(|layers| {
            let view = layers.freshness.view();
            parts.iter().all(|part| view.is_unchanged(shown.generation, part))
                && layers.lifetime.load(Ordering::Acquire) == shown.lifetime
        })
    }

    /// What everything shown is as of, or later than; none while nothing is kept.
    pub(crate) fn shown(&self) -> Option<Shown> {
        let layers = self
            .working()
            .filter(|layers| layers.knows_enough(layers.clock.now_ms()))?;
        Some(Shown {
            generation: layers.freshness.view().shown_generation()?,
            lifetime: layers.lifetime.load(Ordering::Acquire),
        })
    }

    /// Lets go of everything in memory that is no longer right. How much that was.
    pub(crate) async fn drop_outdated(&self) -> usize {
        let Some(layers) = self.0.clone() else { return 0 };
        let dropping = move || {
            // A look is taken for each, so that nobody waits until all are looked at.
            let is_right = |stamp, dependency| layers.freshness.view().is_fresh(stamp, dependency, 0);
            layers.entities.drop_unless(is_right)
        };
        match tokio::task::spawn_blocking(dropping).await {
            Ok(dropped) => dropped,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    /// Takes down how often each thing of a kind was found in memory since that was taken down last, where it was.
    pub(crate) async fn take_counts<R: Resource>(&self) -> Vec<(R::Key, u32)> {
        let Some(layers) = self.0.clone() else {
            return Vec::new();
        };
        // A million things take a tenth of a second.
        match tokio::task::spawn_blocking(move || layers.entities.take_counts::<R>()).await {
            Ok(counts) => counts,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn working(&self) -> Option<&Arc<Layers>> {
        self.0.as_ref().filter(|layers| layers.is_on())
    }
}

/// What whoever follows the catalog tells the cache.
impl Cache {
    /// Up to which generation changes are known; none before any is.
    pub(crate) fn known_generation(&self) -> Option<i64> {
        self.0.as_ref()?.freshness.view().generation()
    }

    /// Waits for its turn to ask for changes; none where nobody needs them.
    pub(crate) async fn turn_to_follow(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        Some(self.0.as_ref()?.following.turn.lock().await)
    }

    /// Begins to know the catalog, or begins anew where it is another one. What was read before the generation `floor` is not
    /// right any more.
    pub(crate) fn begin(&self, generation: i64, floor: i64, sets: impl IntoIterator<Item = (SetId, i64)>) {
        if let Some(layers) = &self.0 {
            if layers
                .freshness
                .view()
                .generation()
                .is_some_and(|known| known > generation)
            {
                layers.forget();
            }
            layers.freshness.begin(generation, floor, sets);
        }
    }

    /// Everything that changed up to `generation`, and that nothing is right any more which was read before `floor`.
    pub(crate) fn advance(&self, generation: i64, floor: i64, changes: Vec<SetChange>) {
        if let Some(layers) = &self.0 {
            layers.freshness.advance(generation, floor, changes);
        }
    }

    /// This process made a generation: from now on nothing older is shown.
    pub(crate) fn expect(&self, generation: i64) {
        if let Some(layers) = &self.0 {
            layers.freshness.expect(generation);
        }
    }

    /// Whether the changes could be asked for. Whether that is news.
    pub(crate) fn note_following(&self, is_lost: bool) -> bool {
        let Some(layers) = &self.0 else { return false };
        if !is_lost {
            layers.following.last_ms.store(layers.clock.now_ms(), Ordering::Relaxed);
        }
        layers.following.is_lost.swap(is_lost, Ordering::Relaxed) != is_lost
    }

    /// Has whoever follows the catalog ask at once.
    pub(crate) fn wake_follower(&self) {
        if let Some(layers) = &self.0 {
            layers.following.wake.notify_one();
        }
    }

    /// Until somebody has reason to believe that there are changes.
    pub(crate) async fn woken(&self) {
        match &self.0 {
            Some(layers) => layers.following.wake.notified().await,
            None => std::future::pending().await,
        }
    }

    /// The way to other instances, and what the names there begin with.
    pub(crate) fn redis(&self) -> Option<(&Redis, &str)> {
        let shared = self.0.as_ref()?.shared.as_ref()?;
        Some((&shared.redis, shared.namespace()))
    }
}

impl Following {
    fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn last_ms(&self) -> i64 {
        self.last_ms.load(Ordering::Relaxed)
    }
}

impl Layers {
    fn counts(&self, layer: Layer) -> &Counts {
        &self.counts[layer as usize]
    }

    /// Whether anything is kept. What is kept already stays, and is as right as ever when it is turned on again: changes are
    /// heard of meanwhile.
    fn is_on(&self) -> bool {
        self.switches.is_on(Switch::MemoryCache)
    }

    /// The layer in Redis, where it is to be asked.
    fn shared(&self) -> Option<&Arc<Shared>> {
        let shared = self.shared.as_ref()?;
        self.switches.is_on(Switch::RedisCache).then_some(shared)
    }

    fn figures(&self, layer: Layer) -> LayerFigures {
        let figures = LayerFigures::of(layer, self.counts(layer));
        match layer {
            Layer::Memory => LayerFigures {
                extent: self.memory.extent(Layer::Memory),
                is_on: self.is_on(),
                ..figures
            },
            Layer::Redis => LayerFigures {
                is_on: self.is_on() && self.shared().is_some(),
                is_up: self.shared().is_some_and(|shared| shared.redis.is_up()),
                ..figures
            },
            Layer::Database | Layer::Response | Layer::Serialized | Layer::Http => figures,
        }
    }
}
