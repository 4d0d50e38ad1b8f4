//! One alert.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// What an alert is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId(Uuid);

/// A text that is no alert's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of an alert is a UUID in lower case, with hyphens")]
pub struct InvalidAlertId;

impl AlertId {
    /// One that no other alert has.
    pub(super) fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

impl FromStr for AlertId {
    type Err = InvalidAlertId;

    fn from_str(text: &str) -> Result<Self, InvalidAlertId> {
        let id = Uuid::try_parse(text).map(Self).map_err(|_| InvalidAlertId)?;
        // One alert has one id.
        (id.to_string() == text).then_some(id).ok_or(InvalidAlertId)
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(formatter)
    }
}

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

impl Severity {
    const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// As others are told it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }

    pub(super) fn to_column(self) -> i16 {
        self as i16
    }

    /// One that only a newer binary knows is taken for the highest.
    pub(super) fn from_column(column: i16) -> Self {
        let known = Self::ALL.into_iter().find(|severity| severity.to_column() == column);
        known.unwrap_or(Self::Critical)
    }
}

/// Whether it still is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlertState {
    Firing,
    Resolved,
}

impl AlertState {
    /// As others are told it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "FIRING",
            Self::Resolved => "RESOLVED",
        }
    }

    pub(super) fn to_column(self) -> i16 {
        self as i16
    }

    pub(super) fn from_column(column: i16) -> Self {
        if column == Self::Firing.to_column() {
            Self::Firing
        } else {
            Self::Resolved
        }
    }
}

/// Who has seen an alert, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    pub at_ms: i64,
    /// As limits are counted for them.
    pub by: String,
}

/// Something that was wrong, and may still be.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub id: AlertId,
    /// What it is about.
    pub rule: String,
    /// The instance that it is about; none where it is about all of them.
    pub instance: Option<String>,
    pub severity: Severity,
    pub state: AlertState,
    /// What was measured when it fired or, later, when it was resolved.
    pub value: f64,
    /// What that is compared with.
    pub threshold: f64,
    pub message: String,
    pub since_ms: i64,
    pub resolved_ms: Option<i64>,
    pub acknowledged: Option<Acknowledged>,
}

impl Alert {
    /// The same, as it was when it fired.
    pub(super) fn as_fired(&self) -> Self {
        Self {
            state: AlertState::Firing,
            resolved_ms: None,
            ..self.clone()
        }
    }

    /// The same, resolved.
    pub(super) fn resolved(&self, value: f64, at_ms: i64) -> Self {
        Self {
            state: AlertState::Resolved,
            value,
            resolved_ms: Some(at_ms.max(self.since_ms)),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AlertId, AlertState, Severity};

    #[test]
    fn an_id_is_written_in_one_way() {
        let text = AlertId::new().to_string();
        assert_eq!(text.parse::<AlertId>().map(|id| id.to_string()), Ok(text.clone()));
        for other in [text.to_uppercase(), text.replace('-', ""), String::new()] {
            assert!(other.parse::<AlertId>().is_err() || other == text, "{other}");
        }
    }

    #[test]
    fn columns_are_read_as_they_are_written() {
        for (column, severity) in (0..).zip(Severity::ALL) {
            assert_eq!(
                (severity.to_column(), Severity::from_column(column)),
                (column, severity)
            );
        }
        assert_eq!(Severity::from_column(9), Severity::Critical);
        for state in [AlertState::Firing, AlertState::Resolved] {
            assert_eq!(AlertState::from_column(state.to_column()), state);
        }
    }
}
