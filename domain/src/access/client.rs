use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Whom limits are counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Client {
    /// Whoever holds the key of that id.
    Key(i64),
    /// Whoever comes from that address, as in [`Self::Address`], with the publishable key of that id, which everybody can read.
    Visitor { key: i64, address: IpAddr },
    /// Whoever has that address; of IPv6, whoever is in that /64, which is what one household is given.
    Address(IpAddr),
}

impl Client {
    /// Somebody without a key.
    pub fn at(address: IpAddr) -> Self {
        let IpAddr::V6(address) = address.to_canonical() else {
            return Self::Address(address.to_canonical());
        };
        let network = address.to_bits() & (u128::MAX << 64);
        Self::Address(Ipv6Addr::from_bits(network).into())
    }

    /// The same with the publishable key of that id.
    #[must_use]
    pub fn visiting(self, key: i64) -> Self {
        match self {
            Self::Address(address) | Self::Visitor { address, .. } => Self::Visitor { key, address },
            Self::Key(_) => Self::Key(key),
        }
    }

    /// The key that it came with.
    pub fn key(self) -> Option<i64> {
        match self {
            Self::Key(key) | Self::Visitor { key, .. } => Some(key),
            Self::Address(_) => None,
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::Address(Ipv4Addr::UNSPECIFIED.into())
    }
}

/// Short and free of spaces: it stands in logs and names counters.
impl fmt::Display for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(formatter, "key/{id}"),
            Self::Visitor { key, address } => write!(formatter, "key/{key}/address/{address}"),
            Self::Address(address) => write!(formatter, "address/{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::Client;

    #[test]
    fn an_address_stands_for_its_network() {
        for (address, expected) in [
            ("192.0.2.7", "address/192.0.2.7"),
            ("::ffff:192.0.2.7", "address/192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "address/2001:db8:1:2::"),
            ("2001:db8:1:2::", "address/2001:db8:1:2::"),
            ("2001:db8:1:3::1", "address/2001:db8:1:3::"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(Client::at(address).to_string(), expected, "{address}");
        }
        assert_eq!(Client::Key(7).to_string(), "key/7");
        let visitor = Client::default().visiting(7);
        assert_eq!(
            (visitor.to_string().as_str(), visitor.key()),
            ("key/7/address/0.0.0.0", Some(7))
        );
        assert_eq!(visitor.visiting(8).key(), Some(8));
        assert_eq!(
            (Client::Key(7).visiting(8).key(), Client::default().key()),
            (Some(8), None)
        );
    }
}
