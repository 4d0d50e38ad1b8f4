use async_graphql::{Enum, Error, InputObject};
use domain::svg::{render, size::Size};

use crate::{errors::bad_user_input, scalars::ColorScalar};

/// Turns clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Rotation {
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

/// An axis to mirror along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum Flip {
    Horizontal,
    Vertical,
}

/// How to draw an icon, on top of what its own alias chain does to it.
#[derive(InputObject)]
pub(crate) struct SvgOptions {
    /// CSS length or number; null is 1em by the ratio; `auto` is the viewBox.
    width: Option<String>,
    /// As `width`; where one of them is null it follows the other by the ratio.
    height: Option<String>,
    /// Replaces `currentColor`. Icons with a palette of their own keep it.
    color: Option<ColorScalar>,
    #[graphql(default_with = "Rotation::None")]
    rotate: Rotation,
    /// Applied before `rotate`; both together are half a turn.
    #[graphql(default)]
    flip: Vec<Flip>,
    /// Add a transparent rectangle the size of the viewBox.
    #[graphql(default = false)]
    r#box: bool,
    /// Rewrite ids, deterministically from the icon's name, so that different icons can stand in one page.
    #[graphql(default = false)]
    unique_ids: bool,
    /// A `<title>` for assistive technology; 200 characters at most.
    title: Option<String>,
}

/// Longest title, in characters.
const MAX_TITLE: usize = 200;

impl SvgOptions {
    /// The renderer's options; where there are none, its defaults.
    pub(crate) fn for_renderer(options: Option<&Self>) -> Result<render::SvgOptions, Error> {
        let Some(options) = options else {
            return Ok(render::SvgOptions::default());
        };
        if options
            .title
            .as_ref()
            .is_some_and(|title| title.chars().count() > MAX_TITLE)
        {
            return Err(bad_user_input(format!("`title` has at most {MAX_TITLE} characters")));
        }
        Ok(render::SvgOptions {
            width: size("width", options.width.as_deref())?,
            height: size("height", options.height.as_deref())?,
            color: options.color.as_ref().map(|color| color.0.clone()),
            rotation: match options.rotate {
                Rotation::None => 0,
                Rotation::Quarter => 1,
                Rotation::Half => 2,
                Rotation::ThreeQuarters => 3,
            },
            flip_horizontal: options.flip.contains(&Flip::Horizontal),
            flip_vertical: options.flip.contains(&Flip::Vertical),
            add_box: options.r#box,
            unique_ids: options.unique_ids,
            title: options.title.clone(),
        })
    }
}

fn size(argument: &str, value: Option<&str>) -> Result<Option<Size>, Error> {
    value
        .map(|value| {
            value
                .parse()
                .map_err(|error| bad_user_input(format!("`{argument}`: {error}")))
        })
        .transpose()
}
