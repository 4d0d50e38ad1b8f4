//! Icons, by row, by name and by code point.

use std::{sync::Arc, time::Duration};

use super::{IconKey, Icons, PointedIcons, from_bytes, icon_bytes, on_name, on_set, to_bytes};
use crate::{
    cache::{Dependency, Kind, Loaded, Resource, Ttls},
    catalog::{
        Icon, IconId, IconName,
        lookup::{self, IconAt},
    },
    database::{Database, DatabaseError},
};

impl Resource for Icons {
    type Lookup = IconKey;
    type Key = IconKey;
    type Value = IconAt;

    const KIND: Kind = Kind {
        number: 0,
        name: "icon",
        encoding: 1,
    };

    from_database!(lookup::load_icons);

    fn lookup(key: &IconKey) -> &IconKey {
        key
    }

    fn number(key: &IconKey) -> i64 {
        key.to_number()
    }

    fn popular_number(key: &IconKey) -> Option<i64> {
        // Whatever else it may mean, it is this icon's name.
        Some(key.id.0)
    }

    fn text(key: &IconKey) -> String {
        let id = key.id.0;
        if key.may_be_code_point {
            format!("{id:016x}+")
        } else {
            format!("{id:016x}")
        }
    }

    fn depends_on(key: &IconKey) -> Dependency {
        if key.may_be_code_point {
            on_set(key.id)
        } else {
            on_name(key.id)
        }
    }

    fn ttl(ttls: &Ttls, is_there: bool) -> Duration {
        if is_there { ttls.icon } else { ttls.negative }
    }

    fn bytes(value: &IconAt) -> usize {
        let pointed = value.pointed.as_ref().map(|(_, icon)| icon);
        value.own.iter().chain(pointed).map(icon_bytes).sum()
    }

    fn encode(value: &IconAt) -> Option<Vec<u8>> {
        let pointed = value.pointed.as_ref();
        to_bytes(&(value.own.as_deref(), pointed.map(|(name, icon)| (name, &**icon))))
    }

    fn decode(bytes: &[u8]) -> Option<IconAt> {
        let (own, pointed): (Option<Icon>, Option<(IconName, Icon)>) = from_bytes(bytes)?;
        Some(IconAt {
            own: own.map(Arc::new),
            pointed: pointed.map(|(name, icon)| (name, Arc::new(icon))),
        })
    }
}

impl Resource for PointedIcons {
    type Lookup = IconId;
    type Key = IconId;
    type Value = (IconName, Arc<Icon>);

    const KIND: Kind = Kind {
        number: 1,
        name: "character",
        encoding: 1,
    };

    from_database!(lookup::load_pointed_icons);

    fn lookup(key: &IconId) -> &IconId {
        key
    }

    fn number(key: &IconId) -> i64 {
        key.0
    }

    fn text(key: &IconId) -> String {
        format!("{:016x}", key.0)
    }

    fn depends_on(key: &IconId) -> Dependency {
        on_set(*key)
    }

    fn ttl(ttls: &Ttls, is_there: bool) -> Duration {
        if is_there { ttls.icon } else { ttls.negative }
    }

    fn bytes((_, icon): &Self::Value) -> usize {
        icon_bytes(icon)
    }

    fn encode((name, icon): &Self::Value) -> Option<Vec<u8>> {
        to_bytes(&(name, &**icon))
    }

    fn decode(bytes: &[u8]) -> Option<Self::Value> {
        let (name, icon): (IconName, Icon) = from_bytes(bytes)?;
        Some((name, Arc::new(icon)))
    }
}
