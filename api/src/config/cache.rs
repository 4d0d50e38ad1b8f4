use std::time::Duration;

use clap::Args;
use domain::cache::{CacheConfig, MemoryBudget, Ttls};
use schema::KeepingConfig;

/// What is kept of the catalog, and for how long.
#[derive(Debug, Clone, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a value of its own that people set"
)]
pub struct CacheArgs {
    /// Keep answers, whole and icon by icon, write icons at once, and let the cache act of its own accord; answers are the same without
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub performance_optimization_enabled: bool,

    /// Keep what is read of the catalog; answers are the same without
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub cache_enabled: bool,

    /// Keep it in Redis too, where there is one
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub redis_caching_enabled: bool,

    /// Keep whole answers that everybody gets alike
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub response_cache_enabled: bool,

    /// Have the cache act by what it sees: work out the next page before it is asked for, and move memory to where it saves most
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub cache_intelligence_enabled: bool,

    /// Take down which icons are asked for most, and read them at a start before the first request
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub cache_warming_enabled: bool,

    /// Memory for what is kept, in bytes
    #[arg(long, global = true, default_value_t = 256 << 20, value_parser = clap::value_parser!(u64).range(0..=1 << 40), value_name = "BYTES", help_heading = "Cache")]
    pub cache_memory_bytes: u64,

    /// Move that memory to where it saves most, and use less of it where the machine or container runs out of memory
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set, value_name = "BOOL", help_heading = "Cache")]
    pub cache_dynamic_sizing: bool,

    /// Seconds that anything is kept in memory. A change of the catalog is seen at once
    #[arg(long, global = true, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS", help_heading = "Cache")]
    pub cache_memory_ttl_seconds: u32,

    /// Seconds that an icon is kept in Redis, to within a tenth, as all of these
    #[arg(long, global = true, default_value_t = 3600, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS", help_heading = "Cache")]
    pub cache_ttl_icon_seconds: u32,

    /// Seconds that a set is kept in Redis
    #[arg(long, global = true, default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS", help_heading = "Cache")]
    pub cache_ttl_set_seconds: u32,

    /// Seconds that it is kept that nothing has a name
    #[arg(long, global = true, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..), value_name = "SECONDS", help_heading = "Cache")]
    pub cache_ttl_negative_seconds: u32,
}

impl CacheArgs {
    /// The memory for all that is kept.
    pub(crate) fn memory(&self) -> MemoryBudget {
        MemoryBudget::new(self.cache_memory_bytes, self.cache_dynamic_sizing)
    }

    /// Where answers are kept; nowhere where there is no memory. While none are to be, there is room for them all the same, for they
    /// can be switched on.
    pub(crate) fn keeping(&self, memory: &MemoryBudget) -> Option<KeepingConfig> {
        (memory.max_bytes() > 0).then(|| KeepingConfig {
            memory: memory.clone(),
            max_age: Duration::from_secs(self.cache_memory_ttl_seconds.into()),
        })
    }

    /// What the cache needs. What is too old is shown for `stale_seconds` while the database cannot be asked.
    pub(crate) fn to_domain(&self, stale_seconds: u32) -> CacheConfig {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        CacheConfig {
            memory_ttl: seconds(self.cache_memory_ttl_seconds),
            ttls: Ttls {
                icon: seconds(self.cache_ttl_icon_seconds),
                set: seconds(self.cache_ttl_set_seconds),
                negative: seconds(self.cache_ttl_negative_seconds),
            },
            stale: seconds(stale_seconds),
        }
    }
}
