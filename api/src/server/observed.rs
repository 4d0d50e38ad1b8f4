//! How the service does, as the process sees itself: what the routes of health and GraphQL tell of.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::{
    access::Clock,
    health::{Finding, Health, Part, Status, Watched},
};
use schema::{VitalSigns, Vitals as _};

use super::memory_left;
use crate::{
    config::{Config, SloArgs},
    telemetry::Vitals,
};

/// What the process knows of itself. Clones share it.
#[derive(Clone)]
pub(crate) struct Observed {
    pub(crate) health: Health,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) started_at_ms: i64,
    pub(crate) clock: Clock,
}

/// Of what time it is told how requests did.
pub(crate) const LATELY: Duration = Duration::from_mins(1);

/// Requests of which something is said in shares: of fewer, one says nothing of the next.
pub(crate) const ENOUGH_REQUESTS: u64 = 20;
pub(crate) const ENOUGH_FAILURES: u64 = 5;

/// Where less than one part of so many is left of the memory, there is little.
pub(crate) const LITTLE_MEMORY: u64 = 20;

/// Looks at `watched` and at the process, which answers at `address` since `started_at_ms`.
pub(super) fn observe(config: &Config, watched: Watched, (address, started_at_ms): (SocketAddr, i64)) -> Observed {
    let vitals = Vitals::start(watched.catalog.clone(), instance(address));
    let (clock, slo) = (watched.clock.clone(), config.slo);
    let of_requests = Arc::clone(&vitals);
    let parts = vec![
        Part::new("requests", move || requests(&of_requests.over(LATELY), slo)),
        Part::new("memory", memory),
    ];
    Observed {
        health: Health::new(watched, parts),
        vitals,
        started_at_ms,
        clock,
    }
}

/// Whether requests were answered as the service promises.
fn requests(signs: &VitalSigns, slo: SloArgs) -> Finding {
    let (p95, p99) = (f64::from(slo.slo_latency_p95_ms), f64::from(slo.slo_latency_p99_ms));
    let mut broken = Vec::new();
    if signs.failed >= ENOUGH_FAILURES && signs.error_rate > slo.slo_error_rate {
        broken.push(format!("{} of {} failed", signs.failed, signs.requests));
    }
    if signs.requests >= ENOUGH_REQUESTS {
        for (share, took, objective) in [(95, signs.p95_ms, p95), (99, signs.p99_ms, p99)] {
            if took > objective {
                broken.push(format!(
                    "{share} of 100 took {took:.1} ms, and {objective} ms is the objective"
                ));
            }
        }
    }
    if broken.is_empty() {
        Finding::up()
    } else {
        Finding::new(Status::Degraded, broken.join("; "))
    }
}

fn memory() -> Finding {
    match memory_left::headroom() {
        Some(left) if left.available_bytes < left.limit_bytes / LITTLE_MEMORY => {
            let message = format!("{} of {} bytes are left", left.available_bytes, left.limit_bytes);
            Finding::new(Status::Degraded, message)
        }
        _ => Finding::up(),
    }
}

/// What tells this instance from others of the same catalog: where it listens, by its machine's name where that is known.
pub(super) fn instance(address: SocketAddr) -> String {
    match std::fs::read_to_string("/proc/sys/kernel/hostname") {
        Ok(host) if !host.trim().is_empty() => format!("{}:{}", host.trim(), address.port()),
        _ => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use domain::health::Status;
    use schema::VitalSigns;

    use super::requests;
    use crate::config::SloArgs;

    #[test]
    fn requests_do_as_is_promised_or_not() {
        let slo = SloArgs {
            slo_latency_p95_ms: 100,
            slo_latency_p99_ms: 500,
            slo_error_rate: 0.001,
            slo_popular_hit_rate: 0.95,
        };
        let signs = |requests, failed: u32, p95_ms, p99_ms| VitalSigns {
            requests,
            failed: failed.into(),
            error_rate: f64::from(failed) / 1000.0,
            p95_ms,
            p99_ms,
            ..VitalSigns::default()
        };
        for (signs, expected) in [
            (signs(0, 0, 0.0, 0.0), None),
            (signs(20, 0, 100.0, 500.0), None),
            (
                signs(20, 0, 100.1, 500.0),
                Some("95 of 100 took 100.1 ms, and 100 ms is the objective"),
            ),
            (
                signs(20, 0, 100.0, 501.0),
                Some("99 of 100 took 501.0 ms, and 500 ms is the objective"),
            ),
            (signs(19, 0, 900.0, 900.0), None),
            (signs(1000, 4, 1.0, 1.0), None),
            (signs(1000, 5, 1.0, 1.0), Some("5 of 1000 failed")),
        ] {
            let finding = requests(&signs, slo);
            let status = if expected.is_some() {
                Status::Degraded
            } else {
                Status::Up
            };
            assert_eq!((finding.status, finding.message.as_deref()), (status, expected));
        }
    }
}
