use std::time::Duration;

use super::{Headroom, Layer, MemoryBudget};
use crate::cache::memory::{Memory, Weigh};

const MAX: u64 = 8 << 20;
const STEP: u64 = MAX / 64;
/// Of each thing; with what keeping it costs, a kilobyte.
const BYTES: usize = 914;
const MICROSECOND: Duration = Duration::from_micros(1);

#[derive(Clone)]
struct Thing;

impl Weigh for Thing {
    fn bytes(&self) -> usize {
        BYTES
    }
}

/// Asks for things one after another, and puts in what is not there.
fn walk(memory: &Memory<u64, Thing>, things: u64) -> u64 {
    let mut found = 0;
    for thing in 0..things {
        if memory.get(&thing).is_some() {
            found += 1;
        } else {
            memory.insert(thing, Thing);
        }
    }
    found
}

fn capacity(budget: &MemoryBudget, layer: Layer) -> u64 {
    budget.extent(layer).capacity_bytes
}

#[test]
fn layers_begin_with_their_shares() {
    let budget = MemoryBudget::new(MAX, true);
    for (layer, eighths) in [
        (Layer::Memory, 4),
        (Layer::Serialized, 2),
        (Layer::Response, 1),
        (Layer::Http, 1),
    ] {
        let _: Memory<u64, Thing> = budget.memory_of(layer);
        assert_eq!(capacity(&budget, layer), MAX / 8 * eighths, "{layer:?}");
    }
    assert_eq!(budget.extents().len(), 4);
    assert_eq!(budget.extent(Layer::Redis).capacity_bytes, 0);
}

#[test]
fn memory_moves_to_where_it_saves_most() {
    let budget = MemoryBudget::new(MAX, true);
    let entities: Memory<u64, Thing> = budget.memory_of(Layer::Memory);
    let _idle: Memory<u64, Thing> = budget.memory_of(Layer::Serialized);
    entities.note_cost(MICROSECOND, 1);
    // A quarter belongs to nobody yet, and the idle layer needs none of its own: there is room for all in the end, with enough to
    // spare for the parts of a memory, which hashes do not fill evenly.
    let things = MAX / 1024 * 13 / 16;
    for _ in 0..80 {
        walk(&entities, things);
        budget.adjust(None, true);
    }
    assert_eq!(walk(&entities, things), things, "{:?}", budget.extents());
    let (most, least) = (capacity(&budget, Layer::Memory), capacity(&budget, Layer::Serialized));
    assert!(most <= MAX - least && least >= STEP, "{:?}", budget.extents());
    // Nobody loses anything any more: nothing moves.
    budget.adjust(None, true);
    budget.adjust(None, true);
    assert_eq!(capacity(&budget, Layer::Memory), most);
}

#[test]
fn what_is_dearer_to_do_without_gets_more() {
    let budget = MemoryBudget::new(MAX, true);
    let [cheap, dear]: [Memory<u64, Thing>; 2] =
        [Layer::Memory, Layer::Serialized].map(|layer| budget.memory_of(layer));
    cheap.note_cost(MICROSECOND, 1);
    dear.note_cost(MICROSECOND * 100, 1);
    for _ in 0..80 {
        walk(&cheap, MAX / 1024);
        walk(&dear, MAX / 1024);
        budget.adjust(None, true);
    }
    assert!(
        capacity(&budget, Layer::Serialized) > capacity(&budget, Layer::Memory),
        "{:?}",
        budget.extents()
    );
    assert!(capacity(&budget, Layer::Memory) >= STEP);
}

#[test]
fn nothing_moves_where_it_is_not_to() {
    for (is_dynamic, may_move) in [(false, true), (true, false)] {
        let budget = MemoryBudget::new(MAX, is_dynamic);
        let entities: Memory<u64, Thing> = budget.memory_of(Layer::Memory);
        entities.note_cost(MICROSECOND, 1);
        for _ in 0..10 {
            walk(&entities, MAX / 1024);
            budget.adjust(None, may_move);
        }
        assert_eq!(capacity(&budget, Layer::Memory), MAX / 2);
    }
}

#[test]
fn all_shrink_while_memory_runs_out() {
    let budget = MemoryBudget::new(MAX, true);
    let [entities, answers]: [Memory<u64, Thing>; 2] =
        [Layer::Memory, Layer::Serialized].map(|layer| budget.memory_of(layer));
    let (of_layer, limit_bytes) = (|layer| budget.extent(layer), 64 << 20);
    walk(&entities, MAX / 1024);
    walk(&answers, MAX / 1024);
    let left = |available_bytes| {
        Some(Headroom {
            available_bytes,
            limit_bytes,
        })
    };
    // 8 % of the limit is less than twice what all layers may have: at it nothing happens, below it they shrink, all alike.
    let little = limit_bytes * 8 / 100;
    budget.adjust(left(little + 1), true);
    assert_eq!(of_layer(Layer::Memory).capacity_bytes, MAX / 2);
    for _ in 0..20 {
        budget.adjust(left(little - 1), true);
    }
    let [entities, answers] = [Layer::Memory, Layer::Serialized].map(of_layer);
    // Each of its parts is rounded up.
    assert!(
        entities.capacity_bytes + answers.capacity_bytes <= MAX / 8 + 64,
        "{entities:?} {answers:?}"
    );
    assert!(
        entities.bytes <= entities.capacity_bytes && entities.bytes > 0,
        "{entities:?}"
    );
    assert!(
        (2 * answers.capacity_bytes).abs_diff(entities.capacity_bytes) < 64,
        "{entities:?} {answers:?}"
    );
    // There is enough again: they grow as they have use for it.
    for _ in 0..60 {
        budget.adjust(left(little * 2 + 2), true);
    }
    assert_eq!(of_layer(Layer::Memory).capacity_bytes, entities.capacity_bytes);
}

#[test]
fn they_grow_again_as_they_have_use_for_it() {
    let budget = MemoryBudget::new(MAX, true);
    let entities: Memory<u64, Thing> = budget.memory_of(Layer::Memory);
    entities.note_cost(MICROSECOND, 1);
    let limit_bytes = 1 << 30;
    for available_bytes in [[0; 20], [limit_bytes; 20]].concat() {
        walk(&entities, MAX / 1024);
        let headroom = Headroom {
            available_bytes,
            limit_bytes,
        };
        budget.adjust(Some(headroom), true);
    }
    assert!(capacity(&budget, Layer::Memory) > MAX / 4, "{:?}", budget.extents());
}
