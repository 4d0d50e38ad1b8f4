//! A kind of thing whose source the tests hold in their hands.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use foldhash::HashMap;
use tokio::sync::Semaphore;

use super::SET;
use crate::cache::{Dependency, Kind, Loaded, Resource, Ttls};

/// Numbers and their texts, of which those below 100 are there.
pub(super) struct Numbers;

/// Where numbers come from: a catalog with a generation, which answers when it is let to.
#[derive(Clone)]
pub(super) struct Source(pub(super) Arc<State>);

pub(super) struct State {
    pub(super) generation: AtomicI64,
    /// Keys of each statement.
    pub(super) statements: Mutex<Vec<Vec<i64>>>,
    /// Statements take a permit each, after they have seen the catalog.
    pub(super) gate: Semaphore,
    pub(super) panics: AtomicBool,
    pub(super) fails: AtomicBool,
    /// Statements take five milliseconds of work.
    pub(super) is_dear: AtomicBool,
    pub(super) begun: AtomicUsize,
}

impl Source {
    /// Generation 1, whose first `answers` statements answer, and the others once they are let to.
    pub(super) fn new(answers: usize) -> Self {
        Self(Arc::new(State {
            generation: AtomicI64::new(1),
            statements: Mutex::default(),
            gate: Semaphore::new(answers),
            panics: AtomicBool::new(false),
            fails: AtomicBool::new(false),
            is_dear: AtomicBool::new(false),
            begun: AtomicUsize::new(0),
        }))
    }
}

impl Resource for Numbers {
    type Lookup = i64;
    type Key = i64;
    type Value = String;
    type Source = Source;
    type Error = String;

    const KIND: Kind = Kind {
        number: 99,
        name: "number",
        encoding: 1,
    };

    fn lookup(key: &i64) -> &i64 {
        key
    }

    fn number(key: &i64) -> i64 {
        // Some share one.
        key % 1000
    }

    fn text(key: &i64) -> String {
        key.to_string()
    }

    fn depends_on(key: &i64) -> Dependency {
        Dependency::Name { id: *key, set: SET }
    }

    fn ttl(ttls: &Ttls, is_there: bool) -> Duration {
        if is_there { ttls.icon } else { ttls.negative }
    }

    fn bytes(value: &String) -> usize {
        value.len()
    }

    fn encode(value: &String) -> Option<Vec<u8>> {
        Some(value.clone().into_bytes())
    }

    fn decode(bytes: &[u8]) -> Option<String> {
        String::from_utf8(bytes.to_vec()).ok()
    }

    async fn load(source: &Source, keys: Vec<i64>) -> Result<Loaded<Self>, String> {
        let state = &source.0;
        let stamp = state.generation.load(Ordering::SeqCst);
        state.statements.lock().unwrap().push(keys.clone());
        state.begun.fetch_add(1, Ordering::SeqCst);
        state.gate.acquire().await.unwrap().forget();
        let started = std::time::Instant::now();
        while state.is_dear.load(Ordering::SeqCst) && started.elapsed() < Duration::from_millis(5) {
            std::hint::spin_loop();
        }
        assert!(!state.panics.swap(false, Ordering::SeqCst), "as the test wants it");
        if state.fails.load(Ordering::SeqCst) {
            return Err("it is away".to_owned());
        }
        let found = keys.into_iter().filter(|key| *key < 100);
        let found: HashMap<i64, String> = found.map(|key| (key, format!("{key} in {stamp}"))).collect();
        Ok(Loaded { stamp, found })
    }

    fn in_background(source: &Source) -> Source {
        source.clone()
    }
}
