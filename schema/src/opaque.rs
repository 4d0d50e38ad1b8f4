//! Ids and cursors from outside, read in every way there is: for tests with texts that nobody thought of.

use async_graphql::ID;
use domain::{catalog::SetOrder, search::SearchRequest};

use crate::{cursor, global_id::GlobalId};

/// Reads `text` as ids and cursors of every kind, as it is and with the checksum of ours. Returns each that is one, as it was
/// given and as it would be given out.
pub fn reread(text: &str) -> Vec<[String; 2]> {
    let mut read = Vec::new();
    for given in [text.to_owned(), cursor::encode(text)] {
        let id = GlobalId::parse(&ID(given.clone())).ok().map(|id| match id {
            GlobalId::Icon(name) => GlobalId::of_icon(&name).0,
            GlobalId::IconSet(prefix) => GlobalId::of_icon_set(&prefix).0,
            GlobalId::Job(id) => GlobalId::of_job(id).0,
            GlobalId::Alert(id) => GlobalId::of_alert(id).0,
        });
        let icon = cursor::icon(&given, "set").ok().map(|name| cursor::of_icon(&name));
        let sets = [SetOrder::Name, SetOrder::Total, SetOrder::Updated].map(|order| {
            let position = cursor::set(&given, order).ok()?;
            Some(cursor::of_set(order, &position))
        });
        let request = SearchRequest::default();
        let hit = cursor::hit(&given, &request).ok();
        let hit = hit.map(|position| cursor::of_hit(&request, &position));
        let found = [id, icon, hit].into_iter().chain(sets).flatten();
        read.extend(found.map(|written| [given.clone(), written]));
    }
    read
}
