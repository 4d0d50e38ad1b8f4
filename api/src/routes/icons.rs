//! Icons as files.

use std::{fmt::Write as _, time::Duration};

use axum::{
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use domain::{
    cache::MadeOf,
    catalog::{Icon, IconName},
    svg::{
        color::Color,
        fingerprint,
        render::{Drawing, SvgOptions, render},
        size::Size,
    },
};
use schema::{Caller, Code, Validity};
use serde::Deserialize;

use super::{
    Refused,
    caching::{CachePolicy, is_known},
    not_found,
};
use crate::{
    http_cache::Keepable,
    middleware::rate_limit::{charge, tell},
    router::AppState,
};

/// How an icon is to be drawn, as query parameters. `size` is the height; the width follows it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenditionQuery {
    size: Option<String>,
    width: Option<String>,
    height: Option<String>,
    color: Option<String>,
    rotate: Option<String>,
    flip: Option<String>,
    r#box: Option<String>,
    /// The content hash that the caller expects.
    v: Option<String>,
}

/// Pages of any origin may show an icon.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Where icons are, as files.
pub(crate) const ROUTE: &str = "/icons/{prefix}/{file}";

/// What an icon's file costs.
const COST: u32 = 1;

/// What comes of an address: texts where it can be read.
type Asked<T> = Result<Query<T>, QueryRejection>;

pub(crate) async fn svg(
    State(state): State<AppState>,
    caller: Caller,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Asked<RenditionQuery>,
    headers: HeaderMap,
) -> Response {
    match charge(&state, &caller, COST).await {
        Ok(budget) => {
            let epoch = state.graphql.epoch();
            let mut made_of = MadeOf::Everything;
            let answer = match path {
                Ok(Path(path)) => {
                    made_of = MadeOf::set_called(&path.0);
                    answer(&state, path, query, &headers).await
                }
                Err(_) => Err(Refused::bad("The address is no UTF-8.")),
            };
            let mut response = tell(answer.into_response(), budget);
            if let Some(epoch) = epoch.filter(|_| response.status() == StatusCode::OK) {
                response.extensions_mut().insert(keepable(epoch.made_of(made_of)));
            }
            response
        }
        Err(refusal) => *refusal,
    }
}

fn keepable(validity: Validity) -> Keepable {
    Keepable {
        validity,
        cost: COST,
        age: Duration::ZERO,
        operation: None,
        endpoint: ROUTE,
    }
}

async fn answer(
    state: &AppState,
    (prefix, file): (String, String),
    query: Asked<RenditionQuery>,
    headers: &HeaderMap,
) -> Result<Response, Refused> {
    let Some(key) = file.strip_suffix(".svg") else {
        return Err(not_found().await);
    };
    let Query(query) = query.map_err(|error| Refused::bad(&error.body_text()))?;
    let options = query.options().map_err(|message| Refused::bad(&message))?;
    let name = IconName::new(&prefix, key).map_err(|error| Refused::bad(&error.to_string()))?;
    match state.catalog.icons_by_name(std::slice::from_ref(&name)).await {
        Ok(found) => match found.get(&name) {
            Some(icon) => Ok(rendition(icon, (options, query.v), headers, state.cdn)),
            None => Err(Refused::new(Code::NotFound, format!("There is no icon {name}."))),
        },
        Err(error) => {
            tracing::error!(%error, "cannot read an icon");
            let message = "The catalog cannot be read at the moment.";
            Err(Refused::new(Code::Unavailable, message))
        }
    }
}

fn rendition(
    icon: &Icon,
    (options, expected): (SvgOptions, Option<String>),
    headers: &HeaderMap,
    cache: CachePolicy,
) -> Response {
    let drawing = Drawing {
        name: icon.name.as_str(),
        view_box: icon.view_box,
        body: &icon.body,
    };
    let document = render(drawing, &options);
    let etag = format!("\"{}\"", fingerprint::of(document.as_bytes()));
    // An address with another hash was made from other content: it is answered, and must not be kept for ever.
    let cache_control = if expected.as_deref() == Some(icon.content_hash_hex().as_str()) {
        "public, max-age=31536000, immutable".to_owned()
    } else {
        cache.header()
    };
    let common = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, cache_control),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (RESOURCE_POLICY, "cross-origin".to_owned()),
    ];
    if is_known(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (
        common,
        [(header::CONTENT_TYPE, "image/svg+xml; charset=utf-8")],
        document,
    )
        .into_response()
}

impl RenditionQuery {
    fn options(&self) -> Result<SvgOptions, String> {
        if self.size.is_some() && self.height.is_some() {
            return Err("give either size or height, not both".to_owned());
        }
        let (flip_horizontal, flip_vertical) = flips(self.flip.as_deref())?;
        Ok(SvgOptions {
            width: parsed::<Size>("width", self.width.as_deref())?,
            height: parsed::<Size>("size", self.size.as_deref())?.or(parsed::<Size>("height", self.height.as_deref())?),
            color: parsed::<Color>("color", self.color.as_deref())?,
            rotation: quarter_turns(self.rotate.as_deref())?,
            flip_horizontal,
            flip_vertical,
            add_box: switch("box", self.r#box.as_deref())?,
            ..SvgOptions::default()
        })
    }
}

fn parsed<T>(parameter: &str, value: Option<&str>) -> Result<Option<T>, String>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    value
        .map(|value| value.parse().map_err(|error| format!("{parameter}: {error}")))
        .transpose()
}

fn quarter_turns(value: Option<&str>) -> Result<u8, String> {
    match value {
        None | Some("" | "0" | "0deg") => Ok(0),
        Some("1" | "90deg" | "90" | "25%") => Ok(1),
        Some("2" | "180deg" | "180" | "50%") => Ok(2),
        Some("3" | "270deg" | "270" | "75%") => Ok(3),
        Some(_) => Err("rotate: a quarter turn as 90deg, 180deg or 270deg, or their number, 1 to 3".to_owned()),
    }
}

fn flips(value: Option<&str>) -> Result<(bool, bool), String> {
    let mut flips = (false, false);
    for word in value
        .unwrap_or_default()
        .split([',', ' '])
        .filter(|word| !word.is_empty())
    {
        match word {
            "horizontal" => flips.0 = true,
            "vertical" => flips.1 = true,
            _ => {
                let mut message = String::new();
                let _ = write!(
                    message,
                    "flip: horizontal, vertical or both with a comma, and not {word:?}"
                );
                return Err(message);
            }
        }
    }
    Ok(flips)
}

fn switch(parameter: &str, value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true" | "") => Ok(true),
        Some(_) => Err(format!("{parameter}: 1 or 0")),
    }
}
