//! One icon, one alias, and the properties they share with the root of the document.

use serde::de::{IgnoredAny, MapAccess};

use super::lenient::{Found, Lenient, Shape, Text};
use super::skipped::{SkipReason, Skipped};
use crate::svg::view_box::Transformation;

/// Where an icon is drawn and how it is turned, as far as one entry says it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Properties {
    pub(super) left: Option<f64>,
    pub(super) top: Option<f64>,
    pub(super) width: Option<f64>,
    pub(super) height: Option<f64>,
    pub(super) transformation: Transformation,
}

impl Properties {
    /// What `child` says, and `self` where it says nothing; the transformations of both.
    ///
    /// Flips cancel out and turns add up, whatever their order: a turned parent does not turn the flip of its child.
    /// Source: `mergeIconData` of `@iconify/utils` 3.1.
    pub(super) fn merge(self, child: Self) -> Self {
        let (parents, childs) = (self.transformation, child.transformation);
        Self {
            left: child.left.or(self.left),
            top: child.top.or(self.top),
            width: child.width.or(self.width),
            height: child.height.or(self.height),
            transformation: Transformation {
                flip_horizontal: parents.flip_horizontal != childs.flip_horizontal,
                flip_vertical: parents.flip_vertical != childs.flip_vertical,
                // The sign of the sum stays, as it does in the reference.
                quarter_turns: (parents.quarter_turns + childs.quarter_turns) % 4,
            },
        }
    }
}

/// An entry of `icons`.
#[derive(Debug, Clone)]
pub(super) struct Icon<'a> {
    pub(super) body: Text<'a>,
    pub(super) properties: Properties,
    pub(super) hidden: bool,
}

/// An entry of `aliases`.
#[derive(Debug, Clone)]
pub(super) struct Alias<'a> {
    pub(super) parent: Text<'a>,
    pub(super) properties: Properties,
    /// Whether it names any dimension or transformation, even one that changes nothing.
    pub(super) is_redrawn: bool,
    /// Its parent's visibility where it says nothing.
    pub(super) hidden: Option<bool>,
}

/// An icon or an alias before its types are judged.
#[derive(Debug, Default)]
pub(super) struct RawEntry<'a> {
    body: Option<Lenient<Text<'a>>>,
    parent: Option<Lenient<Text<'a>>>,
    hidden: Option<Lenient<bool>>,
    properties: RawProperties,
}

impl<'de> Shape<'de> for RawEntry<'de> {
    const EXPECTED: &'static str = "an object";

    fn from_object<A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        let mut entry = Self::default();
        while let Some(key) = object.next_key::<Text<'de>>()? {
            match &*key {
                "body" => entry.body = Some(object.next_value()?),
                "parent" => entry.parent = Some(object.next_value()?),
                "hidden" => entry.hidden = Some(object.next_value()?),
                key => {
                    if !entry.properties.read(key, &mut object)? {
                        object.next_value::<IgnoredAny>()?;
                    }
                }
            }
        }
        Ok(Some(entry))
    }
}

impl<'a> RawEntry<'a> {
    /// Judges it as an icon.
    pub(super) fn into_icon(self) -> Result<Icon<'a>, SkipReason> {
        Ok(Icon {
            body: checked(self.body, "body")?.ok_or(SkipReason::Missing("body"))?,
            properties: self.properties.check()?,
            hidden: checked(self.hidden, "hidden")?.unwrap_or(false),
        })
    }

    /// Judges it as an alias.
    pub(super) fn into_alias(self) -> Result<Alias<'a>, SkipReason> {
        if self.body.is_some() {
            return Err(SkipReason::AliasWithBody);
        }
        Ok(Alias {
            parent: checked(self.parent, "parent")?.ok_or(SkipReason::Missing("parent"))?,
            is_redrawn: self.properties.any(),
            properties: self.properties.check()?,
            hidden: checked(self.hidden, "hidden")?,
        })
    }
}

/// Dimensions and transformations before their types are judged.
#[derive(Debug, Default)]
pub(super) struct RawProperties {
    left: Option<Lenient<f64>>,
    top: Option<Lenient<f64>>,
    width: Option<Lenient<f64>>,
    height: Option<Lenient<f64>>,
    rotate: Option<Lenient<f64>>,
    flip_horizontal: Option<Lenient<bool>>,
    flip_vertical: Option<Lenient<bool>>,
}

impl RawProperties {
    /// Takes the value of `key` from `object` if it is one of these properties.
    pub(super) fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, object: &mut A) -> Result<bool, A::Error> {
        match key {
            "left" => self.left = Some(object.next_value()?),
            "top" => self.top = Some(object.next_value()?),
            "width" => self.width = Some(object.next_value()?),
            "height" => self.height = Some(object.next_value()?),
            "rotate" => self.rotate = Some(object.next_value()?),
            "hFlip" => self.flip_horizontal = Some(object.next_value()?),
            "vFlip" => self.flip_vertical = Some(object.next_value()?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn any(&self) -> bool {
        self.left.is_some()
            || self.top.is_some()
            || self.width.is_some()
            || self.height.is_some()
            || self.rotate.is_some()
            || self.flip_horizontal.is_some()
            || self.flip_vertical.is_some()
    }

    fn check(self) -> Result<Properties, SkipReason> {
        Ok(Properties {
            left: checked(self.left, "left")?,
            top: checked(self.top, "top")?,
            width: checked(self.width, "width")?,
            height: checked(self.height, "height")?,
            transformation: Transformation {
                flip_horizontal: checked(self.flip_horizontal, "hFlip")?.unwrap_or(false),
                flip_vertical: checked(self.flip_vertical, "vFlip")?.unwrap_or(false),
                quarter_turns: quarter_turns(checked(self.rotate, "rotate")?.unwrap_or(0.0))?,
            },
        })
    }

    /// The same for the root of the document, where a bad value is dropped alone.
    pub(super) fn check_each(self, skipped: &mut Vec<Skipped>) -> Properties {
        let turns = accept(self.rotate, "rotate", skipped).unwrap_or(0.0);
        Properties {
            left: accept(self.left, "left", skipped),
            top: accept(self.top, "top", skipped),
            width: accept(self.width, "width", skipped),
            height: accept(self.height, "height", skipped),
            transformation: Transformation {
                flip_horizontal: accept(self.flip_horizontal, "hFlip", skipped).unwrap_or(false),
                flip_vertical: accept(self.flip_vertical, "vFlip", skipped).unwrap_or(false),
                quarter_turns: quarter_turns(turns).unwrap_or_else(|reason| {
                    skipped.push(Skipped {
                        what: "rotate".to_owned(),
                        reason,
                    });
                    0
                }),
            },
        }
    }
}

/// The value, or the reason to skip the entry that has it.
fn checked<T>(value: Option<Lenient<T>>, property: &'static str) -> Result<Option<T>, SkipReason> {
    value
        .map(|Lenient(value)| value.map_err(|wrong| SkipReason::Property { property, wrong }))
        .transpose()
}

/// The value; or nothing, and a line about it unless it is `null`, which people write for "none".
pub(super) fn accept<T>(value: Option<Lenient<T>>, what: &str, skipped: &mut Vec<Skipped>) -> Option<T> {
    match value?.0 {
        Ok(value) => Some(value),
        Err(wrong) if wrong.found == Found::Null => None,
        Err(wrong) => {
            skipped.push(Skipped {
                what: what.to_owned(),
                reason: SkipReason::WrongType(wrong),
            });
            None
        }
    }
}

/// Quarter turns within one full turn, with the sign of `rotate`.
#[expect(clippy::cast_possible_truncation, reason = "a whole number below 4")]
fn quarter_turns(rotate: f64) -> Result<i64, SkipReason> {
    if rotate.fract() == 0.0 {
        Ok((rotate % 4.0) as i64)
    } else {
        Err(SkipReason::NotQuarterTurns(rotate))
    }
}
