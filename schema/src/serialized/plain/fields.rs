//! What icons, sets and licences have themselves. Of a set those are its facts, which do not change with its icons.

use async_graphql::parser::types::Field;
use domain::catalog::{Icon, IconSet, License};

use super::{
    Object, push,
    reader::{Reader, Writable},
    write_object,
};
use crate::global_id::GlobalId;

#[derive(Debug, PartialEq)]
pub(super) enum IconField {
    Typename,
    Id,
    Name,
    Key,
    Prefix,
    Body,
    Left,
    Top,
    Width,
    Height,
    Hidden,
    Palette,
    Set(Object<SetField>),
    License(Object<LicenseField>),
}

#[derive(Debug, PartialEq)]
pub(super) enum SetField {
    Typename,
    Id,
    Prefix,
    Name,
    Palette,
    Category,
    License(Object<LicenseField>),
}

#[derive(Debug, PartialEq)]
pub(super) enum LicenseField {
    Typename,
    Title,
    Spdx,
    Url,
}

impl Writable for IconField {
    fn is_on(name: &str) -> Option<bool> {
        match name {
            "Icon" | "Node" => Some(true),
            "IconNotFound" | "InvalidIconName" => Some(false),
            _ => None,
        }
    }

    fn of(field: &Field, reader: &mut Reader<'_>) -> Option<Self> {
        Some(match field.name.node.as_str() {
            "__typename" => Self::Typename,
            "id" => Self::Id,
            "name" => Self::Name,
            "key" => Self::Key,
            "prefix" => Self::Prefix,
            "body" => Self::Body,
            "left" => Self::Left,
            "top" => Self::Top,
            "width" => Self::Width,
            "height" => Self::Height,
            "hidden" => Self::Hidden,
            "palette" => Self::Palette,
            "set" => Self::Set(reader.object(&field.selection_set.node)?),
            "license" => Self::License(reader.object(&field.selection_set.node)?),
            _ => return None,
        })
    }
}

impl IconField {
    pub(super) fn needs_set(&self) -> bool {
        matches!(self, Self::Set(_) | Self::License(_))
    }

    pub(super) fn write(&self, icon: &Icon, set: Option<&IconSet>, json: &mut Vec<u8>) {
        match self {
            Self::Typename => push(json, "Icon"),
            Self::Id => push(json, GlobalId::of_icon(&icon.name).as_str()),
            Self::Name => push(json, icon.name.as_str()),
            Self::Key => push(json, icon.name.key()),
            Self::Prefix => push(json, icon.name.prefix()),
            Self::Body => push(json, &*icon.body),
            Self::Left => push(json, &icon.view_box.left),
            Self::Top => push(json, &icon.view_box.top),
            Self::Width => push(json, &icon.view_box.width),
            Self::Height => push(json, &icon.view_box.height),
            Self::Hidden => push(json, &icon.hidden),
            Self::Palette => push(json, &icon.palette),
            Self::Set(fields) => write_set(fields, set, json),
            Self::License(fields) => write_license(fields, set.and_then(|set| set.license.as_deref()), json),
        }
    }
}

impl Writable for SetField {
    fn is_on(name: &str) -> Option<bool> {
        matches!(name, "IconSet" | "Node").then_some(true)
    }

    fn of(field: &Field, reader: &mut Reader<'_>) -> Option<Self> {
        Some(match field.name.node.as_str() {
            "__typename" => Self::Typename,
            "id" => Self::Id,
            "prefix" => Self::Prefix,
            "name" => Self::Name,
            "palette" => Self::Palette,
            "category" => Self::Category,
            "license" => Self::License(reader.object(&field.selection_set.node)?),
            _ => return None,
        })
    }
}

impl Writable for LicenseField {
    fn is_on(name: &str) -> Option<bool> {
        (name == "License").then_some(true)
    }

    fn of(field: &Field, _reader: &mut Reader<'_>) -> Option<Self> {
        Some(match field.name.node.as_str() {
            "__typename" => Self::Typename,
            "title" => Self::Title,
            "spdx" => Self::Spdx,
            "url" => Self::Url,
            _ => return None,
        })
    }
}

fn write_set(fields: &Object<SetField>, set: Option<&IconSet>, json: &mut Vec<u8>) {
    let Some(set) = set else { return push(json, &()) };
    write_object(fields, json, |field, json| match field {
        SetField::Typename => push(json, "IconSet"),
        SetField::Id => push(json, GlobalId::of_icon_set(&set.prefix).as_str()),
        SetField::Prefix => push(json, &*set.prefix),
        SetField::Name => push(json, &*set.name),
        SetField::Palette => push(json, &set.palette),
        SetField::Category => push(json, &set.category.as_deref()),
        SetField::License(fields) => write_license(fields, set.license.as_deref(), json),
    });
}

fn write_license(fields: &Object<LicenseField>, license: Option<&License>, json: &mut Vec<u8>) {
    let Some(license) = license else { return push(json, &()) };
    write_object(fields, json, |field, json| match field {
        LicenseField::Typename => push(json, "License"),
        LicenseField::Title => push(json, &*license.title),
        LicenseField::Spdx => push(json, &license.spdx.as_deref()),
        LicenseField::Url => push(json, &license.url.as_deref()),
    });
}
