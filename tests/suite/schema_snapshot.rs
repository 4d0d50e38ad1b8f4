//! The committed schema: it is what the server says, and nothing in it departs from the contract.

use std::{collections::BTreeMap, fs, path::PathBuf};

use graphql_parser::schema::{Definition, Document, Field, InputValue, Type, TypeDefinition, parse_schema};
use tests::{Engine, TestApp, workspace_root};

fn committed_file() -> PathBuf {
    workspace_root().join("schema/schema.graphql")
}

/// `UPDATE_SCHEMA=1` writes the file instead of comparing with it.
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the tests")]
fn is_update() -> bool {
    std::env::var("UPDATE_SCHEMA").is_ok_and(|value| value == "1")
}

#[tokio::test]
async fn the_committed_schema_is_the_servers() {
    let app = TestApp::with_garden(Engine::Sqlite).await;
    let served = app.get("/schema.graphql").await.text;
    if is_update() {
        fs::write(committed_file(), &served).unwrap();
    }
    let committed = fs::read_to_string(committed_file()).unwrap();
    assert!(
        served.trim() == committed.trim(),
        "schema/schema.graphql is not the server's: run `UPDATE_SCHEMA=1 cargo test -p tests schema_snapshot`"
    );
}

#[test]
fn the_schema_keeps_to_the_contract() {
    let ours = fs::read_to_string(committed_file()).unwrap();
    let contract = fs::read_to_string(tests::fixture("contract.graphql")).unwrap();
    let (ours, contract) = (facts(&ours), facts(&contract));
    let departures: Vec<String> = ours
        .iter()
        .filter(|(place, what)| contract.get(*place) != Some(what))
        .map(|(place, what)| match contract.get(place) {
            Some(agreed) => format!("{place} is {what}, and by the contract {agreed}"),
            None => format!("{place} ({what}) is not in the contract"),
        })
        .collect();
    assert!(ours.len() > 150, "the schema was not read: {} facts", ours.len());
    assert!(departures.is_empty(), "{}", departures.join("\n"));
}

/// What may still be missing of a type that has landed, which every client would notice.
#[test]
fn what_has_landed_is_whole() {
    let ours = facts(&fs::read_to_string(committed_file()).unwrap());
    let contract = facts(&fs::read_to_string(tests::fixture("contract.graphql")).unwrap());
    for whole in [
        "PageInfo",
        "IconConnection",
        "IconEdge",
        "IconSetConnection",
        "IconSetEdge",
        "ChangeFeed",
        "CatalogChange",
        "ChangeKind",
        "License",
        "Author",
        "CategoryCount",
        "SvgOptions",
        "Rotation",
        "Flip",
        "SnippetFlavor",
        "Limits",
        "IconBy",
        "CharacterInput",
        "InvalidIconName",
        "PutIconsInput",
        "PutIconInput",
        "PutIconsPayload",
        "DeleteIconsInput",
        "DeleteIconsPayload",
        "PutSynonymsInput",
        "PutSynonymsPayload",
        "IconUsage",
        "TrendingIcon",
        "SearchOrder",
        "IconSetOrder",
        "Switch",
        "SynonymGroupInput",
        "UserError",
        "UserErrorCode",
        "IconNotFound",
        "Suggestion",
        "SuggestionKind",
        "RelatedIcon",
        "TimeRange",
        "Interval",
        "UsageTarget",
        "Dimension",
        "UsageSeries",
        "UsagePoint",
        "IconCount",
        "IconPair",
        "TrendDirection",
        "Trend",
        "Forecast",
        "ForecastPoint",
        "DistributionBucket",
        "UserBehavior",
        "Alert",
        "AlertState",
        "Severity",
        "AcknowledgeAlertInput",
        "AcknowledgeAlertPayload",
        "Service",
        "HealthCheck",
        "HealthStatus",
        "MetricsScope",
        "MetricsSnapshot",
        "CacheLayer",
        "PoolStats",
        "UsageFeedFilter",
        "UsageTick",
    ] {
        let of_type = |place: &&String| place.split(['.', '(']).next() == Some(whole);
        let missing: Vec<&String> = contract
            .keys()
            .filter(of_type)
            .filter(|place| !ours.contains_key(*place))
            .collect();
        assert!(missing.is_empty(), "{whole} lacks {missing:?}");
    }
}

/// Every place of a schema, as `Type`, `Type.field`, `Type.field(argument)` or `Enum.VALUE`, and what stands there.
fn facts(sdl: &str) -> BTreeMap<String, String> {
    let document: Document<'_, String> = parse_schema(sdl).unwrap_or_else(|error| panic!("{error}"));
    let mut facts = BTreeMap::new();
    for definition in &document.definitions {
        if let Definition::TypeDefinition(definition) = definition {
            note_type(definition, &mut facts);
        }
    }
    facts
}

fn note_type(definition: &TypeDefinition<'_, String>, facts: &mut BTreeMap<String, String>) {
    let directives = |directives: &[graphql_parser::schema::Directive<'_, String>]| {
        let texts: Vec<String> = directives.iter().map(|directive| format!(" {directive}")).collect();
        texts.concat().trim_end().to_owned()
    };
    let (name, what) = match definition {
        TypeDefinition::Scalar(scalar) => (&scalar.name, format!("a scalar{}", directives(&scalar.directives))),
        TypeDefinition::Object(object) => {
            note_fields(&object.name, &object.fields, facts);
            let mut interfaces = object.implements_interfaces.clone();
            interfaces.sort();
            (&object.name, format!("a type of {interfaces:?}"))
        }
        TypeDefinition::Interface(interface) => {
            note_fields(&interface.name, &interface.fields, facts);
            (&interface.name, "an interface".to_owned())
        }
        TypeDefinition::Union(union) => {
            for member in &union.types {
                facts.insert(format!("{}.{member}", union.name), "a member".to_owned());
            }
            (&union.name, "a union".to_owned())
        }
        TypeDefinition::Enum(values) => {
            for value in &values.values {
                facts.insert(format!("{}.{}", values.name, value.name), "a value".to_owned());
            }
            (&values.name, "an enum".to_owned())
        }
        TypeDefinition::InputObject(input) => {
            for field in &input.fields {
                facts.insert(format!("{}.{}", input.name, field.name), input_value(field));
            }
            (&input.name, format!("an input{}", directives(&input.directives)))
        }
    };
    facts.insert(name.clone(), what);
}

fn note_fields(of: &str, fields: &[Field<'_, String>], facts: &mut BTreeMap<String, String>) {
    for field in fields {
        facts.insert(format!("{of}.{}", field.name), type_of(&field.field_type));
        for argument in &field.arguments {
            facts.insert(format!("{of}.{}({})", field.name, argument.name), input_value(argument));
        }
    }
}

fn input_value(value: &InputValue<'_, String>) -> String {
    match &value.default_value {
        Some(default) => format!("{} = {default}", type_of(&value.value_type)),
        None => type_of(&value.value_type),
    }
}

fn type_of(of: &Type<'_, String>) -> String {
    of.to_string()
}
