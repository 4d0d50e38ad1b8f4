use std::collections::HashSet;

use domain::{
    iconify::{document, resolve::resolve},
    svg::safety,
};

pub(crate) fn run(input: &[u8]) {
    let Ok(parsed) = document::parse(input) else { return };
    let set = resolve(parsed);
    let mut keys = HashSet::new();
    for icon in &set.icons {
        assert!(keys.insert(icon.key.as_str()), "{} is there twice", icon.key);
        assert_eq!(safety::check(&icon.body), Ok(()), "{}", icon.key);
        let [width, height] = [icon.view_box.width, icon.view_box.height];
        assert!(width.is_finite() && height.is_finite(), "{} has no size", icon.key);
        assert!(
            icon.categories
                .iter()
                .all(|category| (*category as usize) < set.categories.len()),
            "{}",
            icon.key
        );
    }
    for icon in &set.icons {
        let parent = icon.parent.as_deref();
        assert!(
            parent.is_none_or(|parent| keys.contains(parent)),
            "{} is an alias of nothing",
            icon.key
        );
    }
    let listed = set.icons.iter().filter(|icon| icon.listed).count();
    assert_eq!(set.total as usize, listed);
    assert!(
        (set.characters.iter()).all(|(_, key)| keys.contains(key.as_str())),
        "a character draws nothing"
    );
}
