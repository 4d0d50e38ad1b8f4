//! What a component is called.

/// `mdi:home-outline` as an identifier in Pascal case: `MdiHomeOutline`; `Icon` before a name that begins with a digit.
pub(super) fn component_name(icon_name: &str) -> String {
    let mut name = String::with_capacity(icon_name.len());
    for word in icon_name.split(|character: char| !character.is_ascii_alphanumeric()) {
        if let Some(first) = word.chars().next() {
            name.push(first.to_ascii_uppercase());
            name.push_str(&word[1..]);
        }
    }
    if name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name
    } else {
        format!("Icon{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::component_name;

    #[test]
    fn makes_identifiers() {
        for (icon, expected) in [
            ("mdi:home", "MdiHome"),
            ("fluent-emoji:1st-place-medal", "FluentEmoji1stPlaceMedal"),
            ("3d:cube", "Icon3dCube"),
            ("mdi:", "Mdi"),
            (":", "Icon"),
            ("a:b--c é", "ABC"),
        ] {
            assert_eq!(component_name(icon), expected);
        }
    }
}
