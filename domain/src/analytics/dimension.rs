//! What usage is told apart by.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::usage::{Country, Sums, Tally};

/// What usage is told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    Country,
    Device,
    Client,
    Kind,
    Set,
    /// In UTC.
    HourOfDay,
    /// In UTC.
    DayOfWeek,
}

/// The key of what does not say: no country is called so, nor any program.
pub(super) const UNKNOWN: &str = "(unknown)";

impl Dimension {
    /// Whether its keys are known of each moment alone.
    pub(super) fn of_time(self) -> bool {
        matches!(self, Self::HourOfDay | Self::DayOfWeek)
    }

    /// The key of an instant, for dimensions of time.
    pub(super) fn key_of_time(self, at_ms: i64) -> Cow<'static, str> {
        let instant =
            OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1_000)).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        if self == Self::HourOfDay {
            format!("{:02}", instant.hour()).into()
        } else {
            DAYS[usize::from(instant.weekday().number_days_from_monday())].into()
        }
    }

    /// The keys in their order, for dimensions of time.
    pub(super) fn keys_of_time(self) -> Vec<Cow<'static, str>> {
        match self {
            Self::HourOfDay => (0..24).map(|hour| format!("{hour:02}").into()).collect(),
            Self::DayOfWeek => DAYS.map(Cow::Borrowed).to_vec(),
            Self::Country | Self::Device | Self::Client | Self::Kind | Self::Set => Vec::new(),
        }
    }

    /// What falls on each key of a cell; nothing for the others.
    pub(super) fn tallies(self, sums: &Sums) -> Vec<(Cow<'_, str>, &Tally)> {
        fn keyed<'a, K>(
            by: impl Iterator<Item = (&'a Option<K>, &'a Tally)>,
            text: impl Fn(&'a K) -> &'a str,
        ) -> Vec<(Cow<'a, str>, &'a Tally)>
        where
            K: 'a,
        {
            by.map(|(key, tally)| (key.as_ref().map_or(UNKNOWN, &text).into(), tally))
                .collect()
        }
        match self {
            Self::Country => keyed(sums.countries.iter(), Country::as_str),
            Self::Device => keyed(sums.devices.iter(), |device| device.as_str()),
            Self::Client => keyed(sums.clients.iter(), AsRef::as_ref),
            Self::Kind => keyed(sums.kinds.iter(), |kind| kind.as_str()),
            Self::Set | Self::HourOfDay | Self::DayOfWeek => Vec::new(),
        }
    }
}

const DAYS: [&str; 7] = [
    "MONDAY",
    "TUESDAY",
    "WEDNESDAY",
    "THURSDAY",
    "FRIDAY",
    "SATURDAY",
    "SUNDAY",
];

#[cfg(test)]
mod tests {
    use super::Dimension;

    #[test]
    fn instants_have_an_hour_and_a_day() {
        for (at_ms, hour, day) in [
            (0, "00", "THURSDAY"),
            (-1, "23", "WEDNESDAY"),
            (1_788_264_000_000, "12", "TUESDAY"),
        ] {
            assert_eq!(Dimension::HourOfDay.key_of_time(at_ms), hour);
            assert_eq!(Dimension::DayOfWeek.key_of_time(at_ms), day);
            assert!(Dimension::DayOfWeek.keys_of_time().contains(&day.into()));
        }
        assert_eq!(Dimension::HourOfDay.keys_of_time().len(), 24);
    }
}
