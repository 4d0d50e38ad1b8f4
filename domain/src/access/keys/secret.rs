//! What a key is known by: a text of its own form, of which only a hash is kept.

use std::fmt;

use ring::{
    digest,
    rand::{SecureRandom as _, SystemRandom},
};

/// Every key begins so, and then with [`PUBLISHABLE`] where it may stand in a page: whoever searches texts for keys that
/// leaked needs a beginning that nothing else has.
const PREFIX: &str = "iconql_";
const PUBLISHABLE: &str = "pub_";

/// Letters and digits alone, so that a double click takes the whole of it.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// 62 to the 43rd is just above 2 to the 256th.
const RANDOM_CHARACTERS: usize = 43;

/// SHA-256. It needs neither salt nor slowness: nobody guesses 256 random bits.
pub(super) type SecretHash = [u8; 32];

/// A secret that has just been made. It is shown once and never again.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// By the system's generator, which is no parameter: nobody is to choose it.
    pub(super) fn generate(is_publishable: bool) -> Self {
        let kind = if is_publishable { PUBLISHABLE } else { "" };
        let mut text = format!("{PREFIX}{kind}");
        let all = text.len() + RANDOM_CHARACTERS;
        let random = SystemRandom::new();
        while text.len() < all {
            let mut bytes = [0; RANDOM_CHARACTERS];
            let filled = random.fill(&mut bytes);
            filled.expect("the system has randomness, or no TLS could be spoken either");
            let wanted = all - text.len();
            text.extend(bytes.into_iter().filter_map(character).take(wanted));
        }
        Self(text)
    }

    /// The text itself, for the one who made it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(super) fn hash(&self) -> SecretHash {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// The character for a random byte; none for the few bytes that would make some characters likelier than others.
fn character(byte: u8) -> Option<char> {
    let place = usize::from(byte);
    let even = 256 - 256 % ALPHABET.len();
    (place < even).then(|| char::from(ALPHABET[place % ALPHABET.len()]))
}

pub(super) fn hash(secret: &str) -> SecretHash {
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Whether a text looks like a secret at all. One that does not is not worth hashing.
pub(super) fn is_well_formed(text: &str) -> bool {
    let random = text
        .strip_prefix(PREFIX)
        .map(|rest| rest.strip_prefix(PUBLISHABLE).unwrap_or(rest));
    random.is_some_and(|random| {
        random.len() == RANDOM_CHARACTERS && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{ALPHABET, Secret, character, is_well_formed};

    #[test]
    fn every_character_is_as_likely() {
        let all: Vec<char> = (0..=255).filter_map(character).collect();
        for letter in ALPHABET {
            let times = all.iter().filter(|one| **one == char::from(*letter)).count();
            assert_eq!(times, 4, "{}", char::from(*letter));
        }
    }

    #[test]
    fn a_secret_is_known_by_its_form() {
        for (is_publishable, prefix) in [(false, "iconql_"), (true, "iconql_pub_")] {
            let made: HashSet<String> = (0..100)
                .map(|_| Secret::generate(is_publishable).reveal().to_owned())
                .collect();
            assert_eq!(made.len(), 100);
            for secret in &made {
                assert!(secret.starts_with(prefix) && is_well_formed(secret), "{secret}");
                assert_eq!(secret.len(), prefix.len() + 43);
            }
        }
    }

    #[test]
    fn other_texts_are_none() {
        let random = "a".repeat(43);
        for (text, expected) in [
            (format!("iconql_{random}"), true),
            (format!("iconql_pub_{random}"), true),
            (format!("iconql_{random}a"), false),
            (format!("iconql_{}", &random[1..]), false),
            (format!("iconql_pub_{}", &random[1..]), false),
            (format!("ICONQL_{random}"), false),
            (format!("iconql_{}é", &random[2..]), false),
            (format!("iconql_{}-", &random[1..]), false),
            (format!(" iconql_{random}"), false),
            (random.clone(), false),
            ("iconql_".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_well_formed(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_does_not_tell_itself() {
        let secret = Secret::generate(false);
        assert!(!format!("{secret:?}").contains(&secret.reveal()[7..]));
    }
}
