//! Which sets a list shows.

use sea_orm::Value;

use crate::database::Dialect;

/// Conditions that all hold; each list holds where one of its values does, and an empty list always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SetFilter {
    pub prefixes: Vec<String>,
    /// In whatever case.
    pub categories: Vec<String>,
    pub palette: Option<bool>,
    /// SPDX identifiers, in whatever case.
    pub spdx: Vec<String>,
    /// Words, each of which the name or the prefix contains, in whatever case.
    pub query: String,
}

impl SetFilter {
    /// The listed sets that pass, as `table WHERE condition`; what it compares with is added to `values`.
    pub(super) fn source(&self, dialect: Dialect, values: &mut Vec<Value>) -> String {
        let mut source = "icon_set WHERE NOT hidden".to_owned();
        let all_storable = |texts: &[String]| texts.iter().map(|text| storable(text)).collect::<Vec<_>>();
        let lower = |texts: &[String]| all_storable(texts).iter().map(|text| text.to_lowercase()).collect();
        for (column, wanted) in [
            ("prefix", all_storable(&self.prefixes)),
            ("lower(category)", lower(&self.categories)),
            ("lower(license_spdx)", lower(&self.spdx)),
        ] {
            if !wanted.is_empty() {
                values.push(dialect.text_list(wanted.iter().map(String::as_str)));
                source.push_str(&format!(" AND {}", dialect.is_any(column, values.len())));
            }
        }
        if let Some(palette) = self.palette {
            values.push(palette.into());
            source.push_str(&format!(" AND palette = ${}", values.len()));
        }
        for word in self.query.split_whitespace() {
            values.push(containing(&storable(word).to_lowercase()).into());
            let place = values.len();
            source.push_str(&format!(
                " AND (sort_name LIKE ${place} ESCAPE '!' OR prefix LIKE ${place} ESCAPE '!')"
            ));
        }
        source
    }
}

/// PostgreSQL takes no text with a zero in it, not even to compare with.
fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The pattern of texts that contain `word`.
fn containing(word: &str) -> String {
    let mut pattern = String::with_capacity(word.len() + 2);
    pattern.push('%');
    for character in word.chars() {
        if matches!(character, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}
