//! Whole reads, of things whose source the tests hold in their hands.

mod numbers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;

use super::{
    Cache, CacheConfig, Chance, Layer, MemoryBudget, Outcome, Reading, SetChange, SetId, Surroundings, Ttls, encoding,
    resource::Entry, timing::Life,
};
use crate::{
    access::Clock,
    switches::{Switch, Switches},
};
use numbers::{Numbers, Source};

const SET: SetId = SetId(7);
const MINUTE: Duration = Duration::from_mins(1);

/// A cache over a source, at generation 1, and a clock that the test sets.
struct Case {
    cache: Cache,
    source: Source,
    now_ms: Arc<AtomicI64>,
    switches: Switches,
}

impl Case {
    /// Whose statements answer at once.
    fn open() -> Self {
        Self::new(Semaphore::MAX_PERMITS)
    }

    /// Whose first `answers` statements answer, and the others once they are let to.
    fn new(answers: usize) -> Self {
        Self::with_chance(answers, 0.5)
    }

    fn with_chance(answers: usize, chance: f64) -> Self {
        let now_ms = Arc::new(AtomicI64::new(1_000_000));
        let shown = Arc::clone(&now_ms);
        let config = CacheConfig {
            memory_ttl: 5 * MINUTE,
            ttls: Ttls {
                icon: 60 * MINUTE,
                set: 60 * MINUTE,
                negative: MINUTE,
            },
            stale: 60 * MINUTE,
        };
        let switches = Switches::default();
        let cache = Cache::new(
            config,
            Surroundings {
                memory: MemoryBudget::new(2 << 20, false),
                clock: Clock::new(move || shown.load(Ordering::SeqCst)),
                chance: Chance::new(move || chance),
                switches: switches.clone(),
                redis: None,
            },
        );
        cache.begin(1, 0, []);
        cache.note_following(false);
        let source = Source::new(answers);
        Self {
            cache,
            source,
            now_ms,
            switches,
        }
    }

    async fn read_by(&self, reading: &Reading, keys: &[i64]) -> Result<Vec<String>, String> {
        let mut found: Vec<_> = self
            .cache
            .read::<Numbers>(&self.source, reading, keys)
            .await?
            .into_iter()
            .collect();
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, text)| text).collect())
    }

    async fn read(&self, keys: &[i64]) -> Vec<String> {
        self.read_by(&Reading::default(), keys).await.unwrap()
    }

    /// A read that goes on by itself.
    fn reader(&self, keys: &[i64]) -> tokio::task::JoinHandle<Vec<String>> {
        let (cache, source, keys) = (self.cache.clone(), self.source.clone(), keys.to_vec());
        tokio::spawn(async move {
            let found = cache.read::<Numbers>(&source, &Reading::default(), &keys).await;
            let mut texts: Vec<String> = found.unwrap().into_values().collect();
            texts.sort_unstable();
            texts
        })
    }

    /// Waits until so many statements have begun.
    async fn begun(&self, statements: usize) {
        while self.source.0.begun.load(Ordering::SeqCst) < statements {
            tokio::task::yield_now().await;
        }
    }

    fn answer(&self, statements: usize) {
        self.source.0.gate.add_permits(statements);
    }

    /// The catalog changes `names`, which nobody knows yet.
    fn change(&self) -> i64 {
        self.source.0.generation.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn tell(&self, generation: i64, names: &[i64]) {
        let names = Some(names.to_vec());
        let change = SetChange {
            generation,
            set: SET,
            names,
        };
        self.cache.advance(generation, 0, vec![change]);
    }

    fn statements(&self) -> Vec<Vec<i64>> {
        std::mem::take(&mut self.source.0.statements.lock().unwrap())
    }

    fn pass(&self, time: Duration) {
        let ms = i64::try_from(time.as_millis()).unwrap();
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    fn count(&self, layer: Layer, outcome: Outcome) -> u64 {
        let figures = self.cache.figures();
        figures
            .iter()
            .find(|figures| figures.layer == layer)
            .unwrap()
            .count(outcome)
    }
}

#[tokio::test]
async fn what_was_read_is_read_once() {
    let case = Case::open();
    assert_eq!(case.read(&[1, 2, 500]).await, ["1 in 1", "2 in 1"]);
    assert_eq!(case.read(&[2, 3, 500]).await, ["2 in 1", "3 in 1"]);
    assert_eq!(case.read(&[1, 2, 3, 500]).await, ["1 in 1", "2 in 1", "3 in 1"]);
    assert_eq!(case.statements(), [vec![1, 2, 500], vec![3]]);
    assert_eq!(case.count(Layer::Memory, Outcome::Hit), 6);
    assert_eq!(case.count(Layer::Memory, Outcome::Miss), 4);
    assert_eq!(case.count(Layer::Database, Outcome::Done), 4);
    // Turned off, it keeps nothing and knows nothing.
    case.switches.turn(Switch::MemoryCache, false);
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    assert_eq!(case.statements(), [[1]]);
    case.switches.turn(Switch::MemoryCache, true);
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    case.cache.forget();
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    assert_eq!(case.statements(), [[1]]);
}

#[tokio::test]
async fn keys_that_share_a_number_are_not_mistaken() {
    let case = Case::open();
    assert_eq!(case.read(&[5]).await, ["5 in 1"]);
    assert!(case.read(&[1005]).await.is_empty());
    assert_eq!(case.read(&[5, 1005]).await, ["5 in 1"]);
}

#[tokio::test]
async fn exactly_what_changed_is_read_again() {
    let case = Case::open();
    case.read(&[1, 2, 500]).await;
    let generation = case.change();
    assert_eq!(case.read(&[1, 2]).await, ["1 in 1", "2 in 1"]);
    case.statements();
    case.tell(generation, &[1, 500]);
    assert_eq!(case.read(&[1, 2, 500]).await, ["1 in 2", "2 in 1"]);
    assert_eq!(case.statements(), [[1, 500]]);
    assert_eq!(case.count(Layer::Memory, Outcome::Outdated), 2);
}

#[tokio::test]
async fn a_reader_is_shown_nothing_older_than_what_it_has_seen() {
    let case = Case::open();
    case.read(&[1]).await;
    case.change();
    let reading = Reading::of_request();
    // What it reads is newer than all that is known, and so must the rest be.
    assert_eq!(case.read_by(&reading, &[2]).await.unwrap(), ["2 in 2"]);
    assert_eq!(case.read_by(&reading, &[1]).await.unwrap(), ["1 in 2"]);
    // Others take what is right as far as is known.
    assert_eq!(case.read(&[1]).await, ["1 in 2"]);
    let woken = tokio::time::timeout(MINUTE, case.cache.woken()).await;
    assert!(woken.is_ok(), "whoever follows the catalog is told");
}

#[tokio::test]
async fn what_is_read_at_once_is_of_one_time() {
    let case = Case::open();
    case.read(&[1, 2]).await;
    case.change();
    // That of the others nothing is known to have changed does not make them as new as what is met.
    assert_eq!(case.read(&[1, 2, 3]).await, ["1 in 2", "2 in 2", "3 in 2"]);
    let statements = case.statements();
    assert_eq!(
        (statements.len(), &statements[1], statements[2].len()),
        (3, &vec![3], 2)
    );
    // Also where it becomes known meanwhile what has changed.
    let case = Case::new(1);
    case.read(&[1, 2]).await;
    let generation = case.change();
    let reader = case.reader(&[1, 2, 3]);
    case.begun(2).await;
    case.tell(generation, &[1]);
    case.answer(2);
    assert_eq!(reader.await.unwrap(), ["1 in 2", "2 in 1", "3 in 2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_who_miss_one_thing_read_it_once() {
    let case = Case::new(0);
    let readers: Vec<_> = (0..10_000).map(|_| case.reader(&[1])).collect();
    case.begun(1).await;
    case.answer(10_000);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), ["1 in 1"]);
    }
    assert_eq!(case.statements(), [[1]]);
}

#[tokio::test]
async fn what_another_reads_is_waited_for_and_the_rest_is_one_statement() {
    let case = Case::new(0);
    let first = case.reader(&[1, 2]);
    case.begun(1).await;
    let second = case.reader(&[2, 3, 4]);
    case.begun(2).await;
    case.answer(2);
    assert_eq!(first.await.unwrap(), ["1 in 1", "2 in 1"]);
    assert_eq!(second.await.unwrap(), ["2 in 1", "3 in 1", "4 in 1"]);
    assert_eq!(case.statements(), [vec![1, 2], vec![3, 4]]);
}

#[tokio::test]
async fn a_reader_that_is_cancelled_or_panics_hands_on() {
    for is_cancelled in [true, false] {
        let case = Case::new(0);
        case.source.0.panics.store(!is_cancelled, Ordering::SeqCst);
        let first = case.reader(&[1]);
        case.begun(1).await;
        let others: Vec<_> = (0..100).map(|_| case.reader(&[1])).collect();
        tokio::task::yield_now().await;
        if is_cancelled {
            first.abort();
        } else {
            case.answer(1);
        }
        assert!(first.await.is_err());
        case.begun(2).await;
        case.answer(1);
        for other in others {
            assert_eq!(other.await.unwrap(), ["1 in 1"]);
        }
        assert_eq!(case.statements(), [[1], [1]]);
    }
}

#[tokio::test]
async fn a_reader_that_nobody_polls_is_not_waited_for() {
    let case = Case::new(0);
    let reading = Reading::default();
    let keys = [1];
    let mut stalled = Box::pin(case.cache.read::<Numbers>(&case.source, &reading, &keys));
    assert!((&mut stalled).now_or_never().is_none());
    let other = case.reader(&[1]);
    case.begun_after_a_while(2).await;
    case.answer(2);
    assert_eq!(other.await.unwrap(), ["1 in 1"]);
    assert_eq!(stalled.await.unwrap().len(), 1);
}

impl Case {
    async fn begun_after_a_while(&self, statements: usize) {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        while self.source.0.begun.load(Ordering::SeqCst) < statements {
            ticks.tick().await;
        }
    }
}

#[tokio::test]
async fn a_change_during_a_read_makes_what_it_brings_old() {
    let case = Case::new(0);
    let reader = case.reader(&[1]);
    case.begun(1).await;
    // It has seen generation 1 by now.
    let generation = case.change();
    case.tell(generation, &[1]);
    let late = case.reader(&[1]);
    case.answer(10);
    assert_eq!(reader.await.unwrap(), ["1 in 2"]);
    assert_eq!(late.await.unwrap(), ["1 in 2"]);
    assert_eq!(case.read(&[1]).await, ["1 in 2"]);
    assert_eq!(case.statements(), [[1], [1]]);
}

#[tokio::test]
async fn what_this_process_changed_is_never_shown_as_it_was() {
    let case = Case::open();
    case.read(&[1, 2]).await;
    let generation = case.change();
    // Also where the feed cannot be read: nothing tells which of them it was.
    case.cache.expect(generation);
    assert_eq!(case.read(&[1, 2]).await, ["1 in 2", "2 in 2"]);
}

#[tokio::test]
async fn a_failure_is_shared_by_those_who_wait_and_not_kept() {
    let case = Case::new(0);
    case.source.0.fails.store(true, Ordering::SeqCst);
    let (cache, source) = (case.cache.clone(), case.source.clone());
    let reader = || {
        let (cache, source) = (cache.clone(), source.clone());
        tokio::spawn(async move { cache.read::<Numbers>(&source, &Reading::default(), &[1]).await })
    };
    let readers = [reader(), reader(), reader()];
    case.begun(1).await;
    tokio::task::yield_now().await;
    case.answer(1);
    for reader in readers {
        assert_eq!(reader.await.unwrap(), Err("it is away".to_owned()));
    }
    assert_eq!(case.statements(), [[1]]);
    case.source.0.fails.store(false, Ordering::SeqCst);
    case.answer(1);
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
}

#[tokio::test]
async fn times_end_and_what_is_too_old_helps_where_nothing_else_is_there() {
    let case = Case::open();
    case.read(&[1, 500]).await;
    case.pass(2 * MINUTE);
    // That nothing has a name is known for less long.
    case.read(&[1, 500]).await;
    assert_eq!(case.statements(), [vec![1, 500], vec![500]]);
    case.pass(4 * MINUTE);
    case.source.0.fails.store(true, Ordering::SeqCst);
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    assert_eq!(case.count(Layer::Memory, Outcome::Stale), 1);
    // All of it has to be there.
    assert!(case.read_by(&Reading::default(), &[1, 2]).await.is_err());
    // What has changed helps nobody.
    let generation = case.change();
    case.tell(generation, &[1]);
    assert!(case.read_by(&Reading::default(), &[1]).await.is_err());
}

#[tokio::test]
async fn while_the_catalog_is_lost_nobody_waits_for_it_and_not_for_ever() {
    let case = Case::open();
    case.read(&[1]).await;
    assert!(case.cache.is_following());
    assert!(case.cache.note_following(true) && !case.cache.note_following(true));
    assert!(!case.cache.is_following());
    case.statements();
    case.pass(30 * MINUTE);
    assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    assert!(case.statements().is_empty(), "nobody asks a database that is away");
    assert!(case.cache.shown().is_some(), "whole answers are shown as long");
    case.pass(31 * MINUTE);
    assert_eq!(case.cache.shown(), None);
    case.source.0.fails.store(true, Ordering::SeqCst);
    assert!(case.read_by(&Reading::default(), &[1]).await.is_err());
}

#[tokio::test]
async fn what_is_nearly_over_is_read_again_by_one_in_the_background() {
    let case = Case::with_chance(Semaphore::MAX_PERMITS, 0.0);
    case.source.0.is_dear.store(true, Ordering::SeqCst);
    case.read(&[1]).await;
    // By this chance, it is kept for nine tenths of the time.
    case.pass(Duration::from_millis(269_999));
    case.change();
    for _ in 0..10 {
        assert_eq!(case.read(&[1]).await, ["1 in 1"]);
    }
    case.begun(2).await;
    while case.read(&[1]).await != ["1 in 2"] {
        tokio::task::yield_now().await;
    }
    case.pass(2 * MINUTE);
    assert_eq!(case.read(&[1]).await, ["1 in 2"]);
    assert_eq!(case.statements(), [[1], [1]]);
}

#[test]
fn what_is_written_is_read_and_nothing_else_is() {
    let life = Life::new(5, MINUTE, Duration::from_millis(3));
    for value in [
        None,
        Some(String::new()),
        Some("short".to_owned()),
        Some("long ".repeat(1000)),
    ] {
        let entry = Entry::<Numbers> {
            key: 1,
            value: value.clone(),
            stamp: 42,
            life,
            asked: AtomicU32::default(),
            is_popular: AtomicBool::default(),
        };
        let bytes = encoding::encode(&entry, "name").unwrap();
        assert!(bytes.len() < 600, "{} bytes", bytes.len());
        let read = encoding::decode::<Numbers>(&1, &bytes, "name").unwrap();
        assert_eq!((read.value, read.stamp, read.life), (value, 42, life));
        assert!(encoding::decode::<Numbers>(&1, &bytes, "other").is_none());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(encoding::decode::<Numbers>(&1, &damaged, "name").is_none(), "{place}");
            assert!(
                encoding::decode::<Numbers>(&1, &bytes[..place], "name").is_none(),
                "{place}"
            );
        }
    }
    for rubbish in [&b""[..], b"1", b"rubbish", &[0; 8], &[255; 600]] {
        assert!(encoding::decode::<Numbers>(&1, rubbish, "name").is_none());
    }
    let huge = Entry::<Numbers> {
        key: 1,
        value: Some("x".repeat((256 << 10) + 1)),
        stamp: 1,
        life,
        asked: AtomicU32::default(),
        is_popular: AtomicBool::default(),
    };
    assert!(encoding::encode(&huge, "name").is_none());
}
