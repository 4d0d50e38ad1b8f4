//! Relay's global ids. They come from type and name, so importing again keeps them, and say nothing of rows.

use async_graphql::{Error, ID};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    alerts::AlertId,
    catalog::{IconName, is_valid_prefix},
    jobs::JobId,
};

use crate::errors::bad_user_input;

/// What an id names, whether or not it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GlobalId {
    Icon(IconName),
    IconSet(String),
    Job(JobId),
    Alert(AlertId),
}

impl GlobalId {
    /// Reads an id that this service gave out, or could have.
    pub(crate) fn parse(id: &ID) -> Result<Self, Error> {
        Self::decode(id.as_str())
            .ok_or_else(|| bad_user_input("this is no id of this service: use the `id` of a node as it was given"))
    }

    fn decode(id: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        match text.split_once(':')? {
            ("Icon", name) => Some(Self::Icon(name.parse().ok()?)),
            ("IconSet", prefix) if is_valid_prefix(prefix) => Some(Self::IconSet(prefix.to_owned())),
            ("Job", id) => Some(Self::Job(id.parse().ok()?)),
            ("Alert", id) => Some(Self::Alert(id.parse().ok()?)),
            _ => None,
        }
    }

    pub(crate) fn of_icon(name: &IconName) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("Icon:{name}")))
    }

    pub(crate) fn of_job(id: JobId) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("Job:{id}")))
    }

    pub(crate) fn of_alert(id: AlertId) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("Alert:{id}")))
    }

    pub(crate) fn of_icon_set(prefix: &str) -> ID {
        ID(URL_SAFE_NO_PAD.encode(format!("IconSet:{prefix}")))
    }
}

/// The id that an alert has in answers, for whoever tells of it elsewhere.
pub fn id_of_alert(id: AlertId) -> String {
    GlobalId::of_alert(id).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
        let name: IconName = "mdi:home".parse().expect("well-formed");
        assert_eq!(
            GlobalId::parse(&GlobalId::of_icon(&name)).ok(),
            Some(GlobalId::Icon(name))
        );
        assert_eq!(
            GlobalId::parse(&GlobalId::of_icon_set("mdi")).ok(),
            Some(GlobalId::IconSet("mdi".to_owned()))
        );
        for foreign in ["", "mdi:home", "Icon:mdi:home", "====", "SWNvbjo", "VXNlcjox"] {
            assert!(GlobalId::parse(&ID::from(foreign)).is_err(), "{foreign}");
        }
    }
}
