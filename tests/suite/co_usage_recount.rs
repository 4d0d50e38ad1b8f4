//! What is used together as it is counted, and as a recount of the events has it.

use std::collections::{BTreeMap, BTreeSet};

use tests::{TestDatabase, eventually};

const DAY_MS: i64 = 24 * 3_600_000;

/// Icons of the largest session that is counted.
pub(crate) const MOST_ICONS: usize = 100;

/// Rows of two icons and their sessions.
pub(crate) type Pairs = BTreeMap<[i64; 2], i64>;

/// What is known of each day, of the window, and how many sessions each day had.
pub(crate) async fn counted(database: &TestDatabase) -> (BTreeMap<i64, Pairs>, Pairs, BTreeMap<i64, i64>) {
    let mut days: BTreeMap<i64, Pairs> = BTreeMap::new();
    let sql = "SELECT CAST(day AS BIGINT), icon, other, sessions FROM usage_pair";
    for [day, icon, other, sessions] in database.numbers::<4>(sql).await {
        days.entry(day).or_default().insert([icon, other], sessions);
    }
    let sql = "SELECT icon, other, sessions FROM usage_related";
    let window = database.numbers::<3>(sql).await.into_iter();
    let window = window
        .map(|[icon, other, sessions]| ([icon, other], sessions))
        .collect();
    let sql = "SELECT CAST(day AS BIGINT), sessions FROM usage_pair_day";
    let sessions = database.numbers::<2>(sql).await.into_iter();
    (days, window, sessions.map(|[day, sessions]| (day, sessions)).collect())
}

/// The same, by the events, of a window that ends today.
pub(crate) async fn recount(database: &TestDatabase, today: i64) -> (BTreeMap<i64, Pairs>, Pairs, BTreeMap<i64, i64>) {
    let mut baskets: BTreeMap<(i64, i64), BTreeSet<i64>> = BTreeMap::new();
    let sql = "SELECT occurred_ms, session_hash, icon FROM usage_event WHERE session_hash IS NOT NULL";
    for [occurred_ms, session, icon] in database.numbers::<3>(sql).await {
        baskets.entry((occurred_ms / DAY_MS, session)).or_default().insert(icon);
    }
    let (mut days, mut window, mut sessions) = (BTreeMap::new(), Pairs::new(), BTreeMap::new());
    for ((day, _), basket) in &baskets {
        *sessions.entry(*day).or_default() += i64::from(basket.len() <= MOST_ICONS);
        if basket.len() > MOST_ICONS {
            continue;
        }
        let of_day: &mut Pairs = days.entry(*day).or_default();
        for (icon, other) in basket
            .iter()
            .flat_map(|icon| basket.iter().map(move |other| (*icon, *other)))
        {
            if icon <= other {
                *of_day.entry([icon, other]).or_default() += 1;
            }
            if *day > today - 90 {
                *window.entry([icon, other]).or_default() += 1;
            }
        }
    }
    (days, window, sessions)
}

/// Waits until what is counted is what a recount gives, of a process with a clock of its own.
pub(crate) async fn until_recounted(database: &TestDatabase) {
    eventually("what is used together is counted", async || {
        let sql = "SELECT max(occurred_ms) FROM usage_event";
        let recounted = recount(database, database.number(sql).await / DAY_MS).await;
        !recounted.0.is_empty() && counted(database).await == recounted
    })
    .await;
}
