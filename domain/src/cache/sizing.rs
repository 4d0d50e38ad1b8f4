//! How the memory for all that is kept is divided among the layers, and how much of it there is.
//!
//! Each layer begins with a fixed share. Then memory moves, a little at a time, to where it saves most: what a layer had to let go of and
//! was asked for again soon, times what each of those costs it to do without, is what as much more memory would have saved. Where the
//! machine runs out of memory all of them shrink, and grow again when it has some.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::{
    Layer,
    memory::{Extent, Memory, Resizable, Weigh},
};

/// Of the whole, what moves at once, what no layer goes below, and what each remembers to have let go of.
const STEP: u64 = 64;

/// By how much more memory has to save in one layer than in another before it moves.
const CLEARLY_MORE: f64 = 1.5;

/// There is too little memory where less than this share of it is left, and less than so many times what all layers may use; enough,
/// where it is twice as much of either.
const LITTLE_SHARE: f64 = 0.08;
const LITTLE_TIMES: f64 = 2.0;

/// What is left of the whole each time that there is too little memory, what comes back each time that there is enough, and the least that
/// there is.
const SHRUNK: f64 = 0.75;
const GROWN: f64 = 0.05;
const LEAST: f64 = 0.125;

/// The memory for all that is kept. Clones share it.
#[derive(Clone)]
pub struct MemoryBudget(Arc<Budget>);

struct Budget {
    max_bytes: u64,
    is_dynamic: bool,
    division: Mutex<Division>,
}

struct Division {
    layers: Vec<Share>,
    /// Of the whole, what may be used now: 0 to 1.
    allowed: f64,
}

struct Share {
    layer: Layer,
    memory: Arc<dyn Resizable>,
    bytes: u64,
}

/// What is left of the memory that this process can get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Headroom {
    pub available_bytes: u64,
    pub limit_bytes: u64,
}

impl MemoryBudget {
    /// `max_bytes` for all layers together, which move among them where it `is_dynamic`.
    pub fn new(max_bytes: u64, is_dynamic: bool) -> Self {
        Self(Arc::new(Budget {
            max_bytes,
            is_dynamic,
            division: Mutex::new(Division {
                layers: Vec::new(),
                allowed: 1.0,
            }),
        }))
    }

    /// The memory of a layer; it has to be asked for once.
    pub fn memory_of<K, V>(&self, layer: Layer) -> Memory<K, V>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Clone + Weigh + Send + Sync + 'static,
    {
        let bytes = self.0.max_bytes / 8 * layer.eighths();
        let ghosts = if self.0.is_dynamic { self.step() } else { 0 };
        let memory = Memory::new(bytes, ghosts);
        self.division().layers.push(Share {
            layer,
            memory: Arc::new(memory.clone()),
            bytes,
        });
        memory
    }

    /// Bytes for all layers together, where there is memory enough.
    pub fn max_bytes(&self) -> u64 {
        self.0.max_bytes
    }

    /// How full each layer is.
    pub fn extents(&self) -> Vec<(Layer, Extent)> {
        let division = self.division();
        division
            .layers
            .iter()
            .map(|share| (share.layer, share.memory.extent()))
            .collect()
    }

    /// How full a layer is; empty where it was never asked for.
    pub fn extent(&self, layer: Layer) -> Extent {
        let division = self.division();
        let share = division.layers.iter().find(|share| share.layer == layer);
        share.map_or_else(Extent::default, |share| share.memory.extent())
    }

    /// Divides the memory anew each `pause`, as there is `headroom` and it `may_move`; for as long as it is polled, where it is dynamic.
    pub async fn keep(&self, pause: Duration, headroom: impl Fn() -> Option<Headroom>, may_move: impl Fn() -> bool) {
        if !self.0.is_dynamic {
            return;
        }
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.adjust(headroom(), may_move());
        }
    }

    /// One step towards the best division; without `may_move` only in how much memory there is.
    fn adjust(&self, headroom: Option<Headroom>, may_move: bool) {
        let (step, mut division) = (self.step(), self.division());
        let losses: Vec<u64> = (division.layers.iter())
            .map(|share| share.memory.take_loss_ns())
            .collect();
        if let Some(headroom) = headroom {
            division.heed(headroom, self.0.max_bytes);
        }
        let allowed = share_of(self.0.max_bytes, division.allowed);
        let used: u64 = division.layers.iter().map(|share| share.bytes).sum();
        if used > allowed {
            division.scale(share_of_whole(allowed, used));
        } else if may_move {
            division.move_memory(&losses, step, allowed - used);
        }
    }

    fn step(&self) -> u64 {
        self.0.max_bytes / STEP
    }

    fn division(&self) -> MutexGuard<'_, Division> {
        self.0.division.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Division {
    /// Lets less be used where memory runs out, and more where it does not.
    fn heed(&mut self, headroom: Headroom, max_bytes: u64) {
        let little = share_of(headroom.limit_bytes, LITTLE_SHARE).min(share_of(max_bytes, LITTLE_TIMES));
        let before = self.allowed;
        if headroom.available_bytes < little {
            self.allowed = (before * SHRUNK).max(LEAST);
        } else if headroom.available_bytes > little * 2 {
            self.allowed = (before + GROWN).min(1.0);
        }
        if self.allowed < before {
            tracing::warn!(
                available_bytes = headroom.available_bytes,
                limit_bytes = headroom.limit_bytes,
                "memory runs out: {:.0} % of CACHE_MEMORY_BYTES are used from now on",
                self.allowed * 100.0
            );
        }
    }

    /// All layers alike.
    fn scale(&mut self, factor: f64) {
        for share in &mut self.layers {
            share.resize(share_of(share.bytes, factor));
        }
    }

    /// Gives `step` bytes to the layer that loses most by its size: of those that are `free`, else of the layer's that loses least.
    fn move_memory(&mut self, losses: &[u64], step: u64, free: u64) {
        let by_loss = |index: &usize| losses[*index];
        let Some(to) = (0..losses.len()).max_by_key(by_loss).filter(|to| losses[*to] > 0) else {
            return;
        };
        if free >= step {
            return self.layers[to].grow(step);
        }
        // Of those that lose as little, the one with the least in it gives first.
        let gives = |index: &usize| *index != to && self.layers[*index].bytes >= 2 * step;
        let from = (0..losses.len())
            .filter(gives)
            .min_by_key(|index| (losses[*index], self.layers[*index].memory.extent().bytes));
        #[expect(clippy::cast_precision_loss, reason = "compared with each other")]
        let is_worth_it = |from: usize| losses[to] as f64 > losses[from] as f64 * CLEARLY_MORE;
        if let Some(from) = from.filter(|from| is_worth_it(*from)) {
            let bytes = self.layers[from].bytes - step;
            self.layers[from].resize(bytes);
            self.layers[to].grow(step);
        }
    }
}

impl Share {
    fn grow(&mut self, bytes: u64) {
        self.resize(self.bytes + bytes);
    }

    fn resize(&mut self, bytes: u64) {
        self.bytes = bytes;
        self.memory.resize(bytes);
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a number of bytes, to within 2^-52"
)]
fn share_of(bytes: u64, share: f64) -> u64 {
    (bytes as f64 * share) as u64
}

#[expect(clippy::cast_precision_loss, reason = "bytes are below 2^52")]
fn share_of_whole(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests;
