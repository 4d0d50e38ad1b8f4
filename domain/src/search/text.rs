//! How text becomes words, alike for what is indexed and for what is asked.

use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, SimpleTokenizer, TextAnalyzer, TokenStream as _};

/// The words of a text: lower case, without accents, whatever stood between them. `arrowLeft` is two words.
pub(super) fn words(text: &str) -> Vec<String> {
    let spaced = split_camel_case(text);
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build();
    let mut words = Vec::new();
    analyzer
        .token_stream(&spaced)
        .process(&mut |token| words.push(token.text.clone()));
    words
}

/// A word without its plural ending: `arrows` is `arrow`, `boxes` is `box`, `batteries` is `battery`.
pub(super) fn stem(word: &str) -> &str {
    &word[..word.len() - plural_ending(word)]
}

/// How many letters the ending has. `y` goes as `ies` does, so that both become `batter`, which nobody gets to see.
fn plural_ending(word: &str) -> usize {
    const VOWEL_AND_Y: [&str; 5] = ["ay", "ey", "iy", "oy", "uy"];
    let length = word.len();
    let ends_in = |endings: &[&str]| endings.iter().any(|ending| word.ends_with(ending));
    if length > 4 && ends_in(&["ies"]) {
        3
    } else if length > 4 && ends_in(&["ches", "shes", "xes", "sses", "zes"]) {
        2
    } else if length > 3 && ends_in(&["s"]) && !ends_in(&["ss", "us", "is"]) {
        1
    } else {
        usize::from(length > 2 && ends_in(&["y"]) && !ends_in(&VOWEL_AND_Y))
    }
}

/// The stems of words, joined by spaces: one keyword, however it was written.
pub(super) fn phrase(words: &[String]) -> String {
    let stems: Vec<&str> = words.iter().map(|word| stem(word)).collect();
    stems.join(" ")
}

/// The same words in whatever order make the same bag.
pub(super) fn bag<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut stems: Vec<&str> = words.into_iter().map(stem).collect();
    stems.sort_unstable();
    stems.join(" ")
}

/// Puts a space where a lower-case letter is followed by an upper-case one.
fn split_camel_case(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut last_is_lower = false;
    for character in text.chars() {
        if last_is_lower && character.is_uppercase() {
            spaced.push(' ');
        }
        last_is_lower = character.is_lowercase();
        spaced.push(character);
    }
    spaced
}

#[cfg(test)]
mod tests {
    use super::{bag, stem, words};

    #[test]
    fn text_becomes_words() {
        for (text, expected) in [
            ("arrow-left", vec!["arrow", "left"]),
            ("ArrowLeft", vec!["arrow", "left"]),
            ("  Café_crème 3D ", vec!["cafe", "creme", "3d"]),
            ("GIT branch", vec!["git", "branch"]),
            ("\u{0}\u{7}", vec![]),
            ("🏠", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }

    #[test]
    fn singular_and_plural_have_one_stem() {
        for (singular, plural) in [
            ("arrow", "arrows"),
            ("box", "boxes"),
            ("battery", "batteries"),
            ("key", "keys"),
            ("brush", "brushes"),
            ("glass", "glasses"),
        ] {
            assert_eq!(stem(singular), stem(plural), "{plural}");
        }
        for word in ["bus", "gas", "class", "axis", "x", "s"] {
            assert_eq!(stem(word), word);
        }
    }

    #[test]
    fn a_bag_knows_no_order() {
        assert_eq!(bag(["left", "arrows"]), bag(["arrow", "left"]));
    }
}
