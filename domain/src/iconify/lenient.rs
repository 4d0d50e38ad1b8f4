//! JSON values whose wrong type is remembered and stepped over, so that one bad value costs one item and not the set.
//!
//! It knows the shapes of JSON and nothing of icons.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A JSON type that stood where another was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// Any number.
    Number,
    /// Any string.
    String,
    /// Any array.
    Array,
    /// Any object.
    Object,
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// What was expected and what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongType {
    /// The JSON type that can be used, with its article.
    pub expected: &'static str,
    /// The JSON type that stands there.
    pub found: Found,
}

impl fmt::Display for WrongType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} stands where {} is expected", self.found, self.expected)
    }
}

/// A type that can be read from some JSON types and refuses the others with `None`.
pub(super) trait Shape<'de>: Sized {
    /// The JSON type it wants, with its article.
    const EXPECTED: &'static str;

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: f64) -> Option<Self> {
        None
    }

    fn from_text(_: Text<'de>) -> Option<Self> {
        None
    }

    fn from_array<A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// A value, or what stood in its place.
#[derive(Debug, Clone)]
pub(super) struct Lenient<T>(pub(super) Result<T, WrongType>);

impl<'de, T: Shape<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<T> LenientVisitor<T> {
    fn finish<'de>(value: Option<T>, found: Found) -> Lenient<T>
    where
        T: Shape<'de>,
    {
        Lenient(value.ok_or(WrongType {
            expected: T::EXPECTED,
            found,
        }))
    }
}

impl<'de, T: Shape<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Self::finish(None, Found::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Self::finish(T::from_boolean(value), Found::Boolean))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Self::finish(T::from_number(value), Found::Number))
    }

    // JavaScript has no other numbers than these: a long integer loses its last digits there too.
    #[expect(
        clippy::cast_precision_loss,
        reason = "every JSON number is a double to the reference"
    )]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        self.visit_f64(value as f64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "every JSON number is a double to the reference"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        self.visit_f64(value as f64)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Self::finish(T::from_text(Text(Cow::Borrowed(value))), Found::String))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Self::finish(
            T::from_text(Text(Cow::Owned(value.to_owned()))),
            Found::String,
        ))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, array: A) -> Result<Self::Value, A::Error> {
        Ok(Self::finish(T::from_array(array)?, Found::Array))
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        Ok(Self::finish(T::from_object(object)?, Found::Object))
    }
}

/// A string that borrows from the document where it holds no escapes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Text<'de>(pub(super) Cow<'de, str>);

impl Text<'_> {
    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Keys of objects: always strings, so no leniency is needed.
impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(value.to_owned())))
    }
}

impl<'de> Shape<'de> for Text<'de> {
    const EXPECTED: &'static str = "a string";

    fn from_text(text: Text<'de>) -> Option<Self> {
        Some(text)
    }
}

impl Shape<'_> for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_number(value: f64) -> Option<Self> {
        Some(value)
    }
}

impl Shape<'_> for bool {
    const EXPECTED: &'static str = "a boolean";

    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl<'de, T: Shape<'de>> Shape<'de> for Vec<Lenient<T>> {
    const EXPECTED: &'static str = "an array";

    fn from_array<A: SeqAccess<'de>>(mut array: A) -> Result<Option<Self>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element()? {
            items.push(item);
        }
        Ok(Some(items))
    }
}

/// The members of an object in their order; of two with one key, the last.
pub(super) type Members<'de, T> = IndexMap<Text<'de>, Lenient<T>>;

impl<'de, T: Shape<'de>> Shape<'de> for Members<'de, T> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut members = IndexMap::new();
        while let Some((key, value)) = object.next_entry()? {
            members.insert(key, value);
        }
        Ok(Some(members))
    }
}
