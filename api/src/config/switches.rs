//! Which parts of the service begin switched on.

use domain::switches::{Switch, Switches};

use super::Config;

impl Config {
    /// The switches, as they are configured.
    pub fn switches(&self) -> Switches {
        Switches::new(|switch| match switch {
            Switch::PerformanceOptimization => self.cache.performance_optimization_enabled,
            Switch::ResponseCache => self.cache.response_cache_enabled,
            Switch::MemoryCache => self.cache.cache_enabled,
            Switch::RedisCache => self.cache.redis_caching_enabled,
            Switch::CacheIntelligence => self.cache.cache_intelligence_enabled,
            Switch::CacheWarming => self.cache.cache_warming_enabled,
            Switch::RateLimit => self.traffic.rate_limit_enabled,
            Switch::Compression => self.http.compression_enabled,
            Switch::Metrics => self.telemetry.prometheus_metrics_enabled,
            Switch::Tracing => self.telemetry.opentelemetry_tracing_enabled,
            Switch::UsageRanking => self.usage.usage_ranking_enabled,
        })
    }
}
