use std::{fmt, str::FromStr};

/// What may be done beyond reading icons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// To record usage.
    UsageWrite,
    /// To see what others use.
    AnalyticsRead,
    /// To see how the service does.
    MetricsRead,
    /// To change what everybody sees.
    Admin,
}

impl Scope {
    /// All of them, least first.
    pub const ALL: [Self; 4] = [Self::UsageWrite, Self::AnalyticsRead, Self::MetricsRead, Self::Admin];

    /// As keys and errors name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UsageWrite => "usage:write",
            Self::AnalyticsRead => "analytics:read",
            Self::MetricsRead => "metrics:read",
            Self::Admin => "admin",
        }
    }

    /// What is told to who lacks it, and what to do.
    pub fn lacking(self) -> String {
        format!(
            "This needs the scope {self}. Send a key that holds it, as `Authorization: Bearer KEY`; whoever runs the server makes \
             one with `iconql keys create --scope {self}`."
        )
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no scope {0:?}; take usage:write, analytics:read, metrics:read or admin")]
pub struct UnknownScope(pub String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        let named = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        named.ok_or_else(|| UnknownScope(text.to_owned()))
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// None.
    pub const NONE: Self = Self(0);

    /// Each of them.
    pub fn all() -> Self {
        Scope::ALL.into_iter().collect()
    }

    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, Scopes, UnknownScope};

    #[test]
    fn a_set_holds_what_was_put_in() {
        for held in Scope::ALL {
            let scopes: Scopes = [held, held].into_iter().collect();
            assert_eq!(scopes.iter().collect::<Vec<_>>(), [held]);
            assert_eq!(
                Scope::ALL.map(|scope| scopes.contains(scope)),
                Scope::ALL.map(|scope| scope == held)
            );
        }
        assert!(Scopes::NONE.is_empty() && !Scopes::all().is_empty());
        assert_eq!(Scopes::all().iter().collect::<Vec<_>>(), Scope::ALL);
    }

    #[test]
    fn a_scope_is_read_as_it_is_written() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
        assert_eq!("Admin".parse::<Scope>(), Err(UnknownScope("Admin".to_owned())));
    }
}
