use async_graphql::{Context, Error, InputObject, SimpleObject};
use domain::{
    access::Scope,
    catalog::{IconFault, IconName, NewIcon, PutFault, PutIcons, is_valid_prefix, keywords::KeywordFault},
    svg::{document::DocumentFault, safety::UnsafeSvg},
};

use super::{
    icon::Icon,
    put_synonyms::INDEX_PATIENCE,
    user_error::{UserError, UserErrorCode},
};
use crate::{authority, errors::Failure, loaders::loaders, query::check_batch, service::ServiceFacts};

#[derive(InputObject)]
pub(crate) struct PutIconsInput {
    /// Of a set that the catalog has.
    prefix: String,
    pub(crate) icons: Vec<PutIconInput>,
}

/// An icon as it is to be.
#[derive(InputObject)]
pub(crate) struct PutIconInput {
    /// The part of its name after the colon.
    key: String,
    /// A whole `<svg>` document; scripts, handlers and outside references are refused.
    svg: String,
    /// All tags that it is to have, at most 100.
    #[graphql(default)]
    tags: Vec<String>,
}

#[derive(SimpleObject)]
pub(crate) struct PutIconsPayload {
    /// The icons, in the order of the input.
    icons: Vec<Icon>,
    /// What is wrong with the input. Where there is any, nothing was stored.
    user_errors: Vec<UserError>,
}

impl PutIconsPayload {
    fn refused(user_errors: Vec<UserError>) -> Self {
        Self {
            icons: Vec::new(),
            user_errors,
        }
    }
}

pub(crate) async fn put(context: &Context<'_>, input: &PutIconsInput) -> Result<PutIconsPayload, Error> {
    authority::require(context, Scope::Admin)?;
    check_batch(input.icons.len(), context)?;
    let (icons, names) = match read(input) {
        Ok(read) => read,
        Err(user_errors) => return Ok(PutIconsPayload::refused(user_errors)),
    };
    let loaders = loaders(context);
    let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
    let put = loaders.catalog().put_icons(&input.prefix, &icons, now_ms).await;
    match put.map_err(|error| Failure::log(&error))? {
        PutIcons::Refused(faults) => {
            let user_errors = faults.iter().map(of_set).collect();
            return Ok(PutIconsPayload::refused(user_errors));
        }
        PutIcons::Stored { generation: None } => {}
        PutIcons::Stored {
            generation: Some(generation),
        } => {
            // An earlier field of this request may have read them as they were.
            loaders.forget();
            loaders.search().catch_up(generation, INDEX_PATIENCE).await;
        }
    }
    let icons = loaders.by_name.many(&names).await?;
    Ok(PutIconsPayload {
        icons: icons.into_iter().flatten().map(Icon).collect(),
        user_errors: Vec::new(),
    })
}

/// The icons and their names, or all that is wrong with them.
fn read(input: &PutIconsInput) -> Result<(Vec<NewIcon>, Vec<IconName>), Vec<UserError>> {
    let mut errors = Vec::new();
    if !is_valid_prefix(&input.prefix) {
        errors.push(UserError {
            field: Some(vec!["prefix".to_owned()]),
            code: UserErrorCode::Invalid,
            message: "a prefix is made of a-z and 0-9 with single hyphens inside, such as fa6-solid".to_owned(),
        });
    }
    let (mut icons, mut names) = (Vec::new(), Vec::new());
    for (place, icon) in input.icons.iter().enumerate() {
        match NewIcon::read(&icon.key, &icon.svg, &icon.tags) {
            Ok(new) => icons.push(new),
            Err(faults) => errors.extend(faults.iter().map(|fault| of_icon(place, fault))),
        }
        names.extend(IconName::new(&input.prefix, &icon.key));
    }
    if errors.is_empty() {
        Ok((icons, names))
    } else {
        Err(errors)
    }
}

fn of_icon(place: usize, fault: &IconFault) -> UserError {
    let (field, code) = match fault {
        IconFault::Key => ("key", UserErrorCode::Invalid),
        IconFault::Svg(fault) => ("svg", of_document(fault)),
        IconFault::TooManyTags(_)
        | IconFault::Tag {
            fault: KeywordFault::TooLong(_),
            ..
        } => ("tags", UserErrorCode::TooLarge),
        IconFault::Tag { .. } => ("tags", UserErrorCode::Invalid),
    };
    let mut field = vec!["icons".to_owned(), place.to_string(), field.to_owned()];
    if let IconFault::Tag { place, .. } = fault {
        field.push(place.to_string());
    }
    UserError {
        field: Some(field),
        code,
        message: fault.to_string(),
    }
}

fn of_document(fault: &DocumentFault) -> UserErrorCode {
    match fault {
        DocumentFault::Unsafe(UnsafeSvg::TooDeep | UnsafeSvg::TooManyAttributes(_)) => UserErrorCode::TooLarge,
        DocumentFault::Unsafe(fault) if !matches!(fault, UnsafeSvg::Malformed { .. }) => UserErrorCode::UnsafeSvg,
        _ => UserErrorCode::Invalid,
    }
}

/// What is wrong with icons in this set.
fn of_set(fault: &PutFault) -> UserError {
    let (path, code) = match fault {
        PutFault::NoSet(_) => (None, UserErrorCode::NotFound),
        PutFault::GivenTwice { place, .. } => (Some((place, "key")), UserErrorCode::Invalid),
        PutFault::RowIdTaken { place } => (Some((place, "key")), UserErrorCode::Conflict),
        PutFault::Alias { place, .. } => (Some((place, "svg")), UserErrorCode::Conflict),
    };
    let of_icon = |(place, field): (&usize, &str)| vec!["icons".to_owned(), place.to_string(), field.to_owned()];
    UserError {
        field: Some(path.map_or_else(|| vec!["prefix".to_owned()], of_icon)),
        code,
        message: fault.to_string(),
    }
}
