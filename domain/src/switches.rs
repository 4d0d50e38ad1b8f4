//! Switches that turn parts of the service off while it runs, and on again: none of them changes an answer, but the one that says so.
//!
//! Each begins as the configuration has it. `board` turns one on every instance; whoever has something to be turned off asks
//! [`Switches`], which costs a look into memory. What a switch turns, it does not know.

mod board;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use board::SwitchBoard;

/// Something that can be turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Whole answers, what icons answered, icons that need no resolving, and all that the cache does of its own accord.
    PerformanceOptimization,
    /// Whole answers that are kept.
    ResponseCache,
    /// Everything that is kept, wherever.
    MemoryCache,
    /// What is kept in Redis.
    RedisCache,
    /// Memory that moves to where it saves most, and answers that are worked out before anybody asks.
    CacheIntelligence,
    /// Icons that are read before anybody asks an instance that starts.
    CacheWarming,
    /// The clients' budgets.
    RateLimit,
    /// Answers that are compressed.
    Compression,
    /// Figures for Prometheus.
    Metrics,
    /// Traces that are exported, where they are configured.
    Tracing,
    /// Popular icons before others that match a search as well: it changes the order of what is found.
    UsageRanking,
}

impl Switch {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 11] = [
        Self::PerformanceOptimization,
        Self::ResponseCache,
        Self::MemoryCache,
        Self::RedisCache,
        Self::CacheIntelligence,
        Self::CacheWarming,
        Self::RateLimit,
        Self::Compression,
        Self::Metrics,
        Self::Tracing,
        Self::UsageRanking,
    ];

    /// As the database has it.
    const fn name(self) -> &'static str {
        match self {
            Self::PerformanceOptimization => "PERFORMANCE_OPTIMIZATION",
            Self::ResponseCache => "RESPONSE_CACHE",
            Self::MemoryCache => "MEMORY_CACHE",
            Self::RedisCache => "REDIS_CACHE",
            Self::CacheIntelligence => "CACHE_INTELLIGENCE",
            Self::CacheWarming => "CACHE_WARMING",
            Self::RateLimit => "RATE_LIMIT",
            Self::Compression => "COMPRESSION",
            Self::Metrics => "METRICS",
            Self::Tracing => "TRACING",
            Self::UsageRanking => "USAGE_RANKING",
        }
    }

    fn called(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|switch| switch.name() == name)
    }

    /// What has to be on as well.
    const fn master(self) -> Option<Self> {
        match self {
            Self::ResponseCache | Self::CacheIntelligence | Self::CacheWarming => Some(Self::PerformanceOptimization),
            _ => None,
        }
    }
}

/// How a switch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchState {
    pub switch: Switch,
    pub is_on: bool,
    /// As the configuration has it.
    pub is_configured: bool,
}

/// The switches of one instance. Clones share them.
#[derive(Debug, Clone)]
pub struct Switches(Arc<[Setting; Switch::ALL.len()]>);

#[derive(Debug)]
struct Setting {
    is_on: AtomicBool,
    is_configured: bool,
}

impl Switches {
    /// Each as `is_configured` says.
    pub fn new(is_configured: impl Fn(Switch) -> bool) -> Self {
        Self(Arc::new(Switch::ALL.map(|switch| {
            let is_configured = is_configured(switch);
            Setting {
                is_on: AtomicBool::new(is_configured),
                is_configured,
            }
        })))
    }

    /// Whether what a switch turns is to work.
    pub fn is_on(&self, switch: Switch) -> bool {
        // Whoever reads it a moment late has begun a moment early.
        self.setting(switch).is_on.load(Ordering::Relaxed) && switch.master().is_none_or(|master| self.is_on(master))
    }

    /// How each of them stands by itself, in the order of [`Switch::ALL`].
    pub fn states(&self) -> Vec<SwitchState> {
        let state = |switch| {
            let setting = self.setting(switch);
            SwitchState {
                switch,
                is_on: setting.is_on.load(Ordering::Relaxed),
                is_configured: setting.is_configured,
            }
        };
        Switch::ALL.into_iter().map(state).collect()
    }

    /// Turns one of this instance. Whether it was the other way before.
    pub(crate) fn turn(&self, switch: Switch, is_on: bool) -> bool {
        self.setting(switch).is_on.swap(is_on, Ordering::Relaxed) != is_on
    }

    fn setting(&self, switch: Switch) -> &Setting {
        &self.0[switch as usize]
    }
}

/// All of them on.
impl Default for Switches {
    fn default() -> Self {
        Self::new(|_| true)
    }
}

#[cfg(test)]
mod tests {
    use super::{Switch, Switches};

    #[test]
    fn a_switch_is_found_by_its_name() {
        for (number, switch) in Switch::ALL.into_iter().enumerate() {
            assert_eq!((Switch::called(switch.name()), switch as usize), (Some(switch), number));
        }
        assert_eq!(Switch::called("response_cache"), None);
    }

    #[test]
    fn a_switch_works_only_with_its_master() {
        let switches = Switches::new(|switch| switch != Switch::Metrics);
        assert!(switches.is_on(Switch::ResponseCache) && !switches.is_on(Switch::Metrics));
        assert!(switches.turn(Switch::PerformanceOptimization, false));
        assert!(!switches.is_on(Switch::ResponseCache) && switches.is_on(Switch::MemoryCache));
        // By itself it is as it was.
        let state = switches.states()[Switch::ResponseCache as usize];
        assert!(state.is_on && state.is_configured && state.switch == Switch::ResponseCache);
        assert!(!switches.turn(Switch::PerformanceOptimization, false));
        switches.turn(Switch::PerformanceOptimization, true);
        switches.turn(Switch::ResponseCache, false);
        assert!(!switches.is_on(Switch::ResponseCache));
    }
}
