//! The keys of one kind that one request asks for: each is read once, however many fields ask, at whatever depth.

use std::{
    borrow::Borrow,
    future::poll_fn,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    task::{Poll, Waker},
};

use foldhash::{HashMap, HashMapExt as _};

use crate::errors::Failure;

/// Values by key, as far as they have been asked for.
pub(crate) struct Keyed<K, V> {
    state: Mutex<State<K, V>>,
    /// How often fields asked, and asked again when they were woken.
    asked: AtomicU32,
}

struct State<K, V> {
    answers: HashMap<K, Answer<V>>,
    /// Keys that were asked for since the last batch was sent.
    begun: Vec<K>,
    /// The fields that wait for a batch.
    waiting: Vec<Waker>,
}

enum Answer<V> {
    Awaited,
    Found(V),
    Missing,
    Failed(Failure),
}

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State {
                answers: HashMap::new(),
                begun: Vec::new(),
                waiting: Vec::new(),
            }),
            asked: AtomicU32::default(),
        }
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Keyed<K, V> {
    /// What `key` stands for, if anything.
    pub(crate) async fn one<Q>(&self, key: &Q) -> Result<Option<V>, Failure>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        poll_fn(|context| {
            self.note_asked();
            let mut state = self.state();
            match state.answer(key) {
                Poll::Ready(answer) => Poll::Ready(answer),
                Poll::Pending => {
                    state.waiting.push(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// What each of `keys` stands for, in their order.
    pub(crate) async fn many(&self, keys: &[K]) -> Result<Vec<Option<V>>, Failure>
    where
        K: Borrow<K>,
    {
        poll_fn(|context| {
            self.note_asked();
            let mut state = self.state();
            let mut values = Vec::with_capacity(keys.len());
            // All of them are asked for, also where the first has no answer yet.
            for key in keys {
                if let Poll::Ready(answer) = state.answer(key) {
                    values.push(answer);
                }
            }
            if values.len() == keys.len() {
                return Poll::Ready(values.into_iter().collect());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// How often fields have asked so far: more often than before, where one has asked since.
    pub(super) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    fn note_asked(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
    }

    /// Forgets what was found, so that it is read anew.
    pub(super) fn forget(&self) {
        self.state().answers.clear();
    }

    /// The keys of the next batch, which whoever takes them has to [`answer`](Self::answer).
    pub(super) fn take_begun(&self) -> Option<Vec<K>> {
        let mut state = self.state();
        (!state.begun.is_empty()).then(|| std::mem::take(&mut state.begun))
    }

    /// Tells the fields that wait for `keys` what a batch found.
    pub(super) fn answer(&self, keys: Vec<K>, found: Result<HashMap<K, V>, Failure>) {
        let mut state = self.state();
        match found {
            Ok(mut found) => state.answers.extend(keys.into_iter().map(|key| {
                let answer = found.remove(&key).map_or(Answer::Missing, Answer::Found);
                (key, answer)
            })),
            Err(failure) => {
                let failed = |key| (key, Answer::Failed(failure.clone()));
                state.answers.extend(keys.into_iter().map(failed));
            }
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn state(&self) -> MutexGuard<'_, State<K, V>> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone, V: Clone> State<K, V> {
    fn answer<Q>(&mut self, key: &Q) -> Poll<Result<Option<V>, Failure>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        match self.answers.get(key) {
            Some(Answer::Found(value)) => Poll::Ready(Ok(Some(value.clone()))),
            Some(Answer::Missing) => Poll::Ready(Ok(None)),
            Some(Answer::Failed(failure)) => Poll::Ready(Err(failure.clone())),
            Some(Answer::Awaited) => Poll::Pending,
            None => {
                let key = key.to_owned();
                self.begun.push(key.clone());
                self.answers.insert(key, Answer::Awaited);
                Poll::Pending
            }
        }
    }
}
