//! The table of contents: what can be asked.

mod search;

use async_graphql::{Context, Error, ID, InputObject, Object, OneofObject};
use domain::{
    access::Scope,
    catalog::{IconName, SetOrder, is_valid_prefix},
    rate_limit::Budget,
};

use crate::{
    authority, cursor,
    errors::{Failure, LimitExceeded, bad_user_input},
    global_id::GlobalId,
    limits::Limits,
    limits::cost_of,
    loaders::loaders,
    paging::{PageArguments, cost_of_page, first_or_default, taken_beside_items},
    scalars::IconNameScalar,
    serialized::SerializedResults,
    service::ServiceFacts,
    types::{
        analytics::Analytics,
        change::ChangeFeed,
        icon::Icon,
        icon_filter::IconFilter,
        icon_result::{IconNotFound, IconResult, InvalidIconName},
        icon_set::{IconSet, IconSetOrder},
        icon_set_connection::IconSetConnection,
        icon_set_filter::IconSetFilter,
        node::{self, Node},
        rate_limit::RateLimit,
        search_connection::{SearchConnection, SearchOrder},
        search_page::SearchPage,
        service::Service,
        set_coverage::SetCoverage,
        suggestion::Suggestion,
        trending::TrendingIcon,
        usage::{self, UsageWindow},
    },
};

/// Exactly one way to name an icon.
#[derive(OneofObject)]
pub(crate) enum IconBy {
    Id(ID),
    Name(IconNameScalar),
    Character(CharacterInput),
}

/// A character of an icon font.
#[derive(InputObject)]
pub(crate) struct CharacterInput {
    prefix: String,
    /// Hex, as in the set's character map: `f000`, `1f600-200d`.
    codepoint: String,
}

pub(crate) struct Query;

/// What can be asked.
#[Object]
impl Query {
    /// Relay refetch. Null when the id is well-formed but names nothing; a malformed id is `BAD_USER_INPUT`.
    async fn node(&self, context: &Context<'_>, id: ID) -> Option<Result<Node, Error>> {
        node::find(context, &id).await.transpose()
    }

    /// As `node`, in the order asked; one SQL statement per type.
    #[graphql(complexity = "cost_of(ids.len(), 1 + child_complexity)")]
    async fn nodes(&self, context: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Result<Node, Error>>>, Error> {
        check_batch(ids.len(), context)?;
        let found = ids.iter().map(|id| async { node::find(context, id).await.transpose() });
        Ok(futures_util::future::join_all(found).await)
    }

    /// One icon, by id, by name or by its font's character.
    async fn icon(&self, context: &Context<'_>, by: IconBy) -> Option<Result<Icon, Error>> {
        find_icon(context, by).await.transpose()
    }

    /// Batch lookup across sets, in the order asked, duplicates kept, one typed result for each name. One SQL statement
    /// however many names.
    #[graphql(complexity = "cost_of(names.len(), 1 + child_complexity)")]
    async fn icons(&self, context: &Context<'_>, names: Vec<String>) -> Result<SerializedResults, Error> {
        check_batch(names.len(), context)?;
        let parsed: Vec<Result<IconName, String>> =
            names.into_iter().map(|name| name.parse().map_err(|_| name)).collect();
        let wanted: Vec<IconName> = parsed.iter().flatten().cloned().collect();
        let mut found = loaders(context).by_name.many(&wanted).await?.into_iter();
        let results = parsed
            .into_iter()
            .map(|name| match name {
                Err(input) => IconResult::InvalidName(InvalidIconName::of(&input)),
                Ok(name) => match found.next().flatten() {
                    Some(icon) => IconResult::Icon(Icon(icon)),
                    None => IconResult::NotFound(IconNotFound {
                        name: IconNameScalar(name),
                    }),
                },
            })
            .collect();
        Ok(SerializedResults(results))
    }

    /// One set by its prefix. A malformed prefix is `BAD_USER_INPUT`.
    async fn icon_set(&self, context: &Context<'_>, prefix: String) -> Option<Result<IconSet, Error>> {
        if let Err(error) = check_prefix(&prefix) {
            return Some(Err(error));
        }
        loaders(context)
            .sets
            .one(prefix.as_str())
            .await
            .map(|set| set.map(IconSet))
            .map_err(Error::from)
            .transpose()
    }

    /// The sets that their authors do not hide.
    #[graphql(complexity = "cost_of(cost_of_page(first, last), 1 + child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a connection, as Relay has them"
    )]
    async fn icon_sets(
        &self,
        context: &Context<'_>,
        filter: Option<IconSetFilter>,
        #[graphql(default_with = "IconSetOrder::Name")] order_by: IconSetOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<IconSetConnection, Error> {
        let order = order_by.into();
        let bounds = PageArguments {
            first,
            after,
            last,
            before,
        }
        .bounds(context.data_unchecked::<Limits>(), |cursor| cursor::set(cursor, order))?;
        let filter = filter.unwrap_or_default().into_domain(context)?;
        let loaders = loaders(context);
        if order == SetOrder::Popularity {
            loaders.shows_standings();
        }
        let standings = usage::standings(context);
        let page = loaders.catalog().set_page(&filter, (order, &standings), &bounds).await;
        Ok(IconSetConnection {
            page: page.map_err(|error| Failure::log(&error))?,
            order,
            filter,
            standings,
        })
    }

    /// Ranked, typo-tolerant search over names, aliases, tags, categories, synonyms and sets. An empty query lists every
    /// visible icon that passes the filter.
    ///
    /// In the query, `mdi:home` looks in one set, `-word` leaves names with that word out, and `prefix:mdi,lucide`,
    /// `palette:true`, `style:stroke` and `tag:word` filter. An emoji finds its icons.
    #[graphql(complexity = "5 + cost_of(cost_of_page(first, last), 1 + child_complexity) + taken_beside_items()")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a connection, as Relay has them"
    )]
    async fn search(
        &self,
        context: &Context<'_>,
        query: String,
        filter: Option<IconFilter>,
        #[graphql(default_with = "SearchOrder::Relevance")] order_by: SearchOrder,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Option<Result<SearchConnection, Error>> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        };
        Some(search::connection(context, query, filter, order_by, &page).await)
    }

    /// Several numbered pages (from 0, at most 10) of one search in one round trip, computed from one index snapshot.
    #[graphql(complexity = "5 + cost_of(pages.len(), 1 + cost_of(cost_of_page(Some(size), None), child_complexity))")]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of a search, and which pages of it"
    )]
    async fn search_pages(
        &self,
        context: &Context<'_>,
        query: String,
        filter: Option<IconFilter>,
        #[graphql(default_with = "SearchOrder::Relevance")] order_by: SearchOrder,
        pages: Vec<i32>,
        #[graphql(default = 24)] size: i32,
    ) -> Option<Result<Vec<SearchPage>, Error>> {
        Some(search::pages(context, query, filter, order_by, (&pages, size)).await)
    }

    /// Search-as-you-type completions: how the last word may go on, then icons, sets and tags that may be meant, the best of each
    /// first. A word that nothing begins with is corrected.
    ///
    /// Filters in the text apply, and `mdi:ho`, `prefix:md` and `tag:ho` are completed as what they are. An empty text is
    /// answered with words that many sets have.
    #[graphql(complexity = "5 + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn suggest(
        &self,
        context: &Context<'_>,
        text: String,
        filter: Option<IconFilter>,
        #[graphql(default = 10)] first: i32,
    ) -> Option<Result<Vec<Suggestion>, Error>> {
        Some(search::suggestions(context, &text, filter, first).await)
    }

    /// Which sets have an icon for every one of these concepts (at most 20), best coverage first.
    #[graphql(
        complexity = "cost_of(concepts.len(), 5) + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)"
    )]
    async fn sets_covering(
        &self,
        context: &Context<'_>,
        concepts: Vec<String>,
        #[graphql(default = 10)] first: i32,
    ) -> Option<Result<Vec<SetCoverage>, Error>> {
        Some(search::covering(context, &concepts, first).await)
    }

    /// Icons that are used more than was to be expected, those that surprise most first. An icon was to have the share of all usage
    /// that it had in the window before: what the hour, the weekday and growth do to all icons alike is no surprise.
    #[graphql(complexity = "5 + cost_of(cost_of_page(Some(first), None), 1 + child_complexity)")]
    async fn trending(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "UsageWindow::Day")] window: UsageWindow,
        filter: Option<IconFilter>,
        #[graphql(default = 20)] first: i32,
    ) -> Option<Result<Vec<TrendingIcon>, Error>> {
        Some(search::trending(context, window, filter, first).await)
    }

    /// What was added, changed, hidden or removed after a catalog generation, oldest first.
    #[graphql(complexity = "cost_of(cost_of_page(Some(first), None), child_complexity)")]
    async fn changes(
        &self,
        context: &Context<'_>,
        since: i32,
        #[graphql(default = 100)] first: i32,
    ) -> Result<ChangeFeed, Error> {
        let first = first_or_default(context, first)?;
        if since < 0 {
            return Err(bad_user_input(
                "`since` is a generation: 0 or the one that the last answer gave",
            ));
        }
        let page = loaders(context).catalog().changes(since.into(), first).await;
        Ok(page.map_err(|error| Failure::log(&error))?.into())
    }

    /// What usage comes to. Needs scope `analytics:read`.
    #[graphql(complexity = "child_complexity", cache_control(no_cache, private))]
    async fn analytics(&self, context: &Context<'_>) -> Option<Result<Analytics, Error>> {
        Some(authority::require(context, Scope::AnalyticsRead).map(|()| Analytics))
    }

    /// The service describing itself.
    #[graphql(cache_control(no_cache))]
    async fn service(&self, context: &Context<'_>) -> Service {
        let facts = context.data_unchecked::<ServiceFacts>();
        Service {
            version: facts.version,
            started_at_ms: facts.started_at_ms,
            vitals: facts.vitals.clone(),
            limits: *context.data_unchecked::<Limits>(),
        }
    }

    /// The caller's own cost budget; null where rate limiting is off.
    #[graphql(complexity = 1, cache_control(no_cache, private))]
    async fn rate_limit(&self, context: &Context<'_>) -> Option<RateLimit> {
        let now_ms = context.data_unchecked::<ServiceFacts>().now_ms();
        let budget = context.data_opt::<Budget>()?;
        Some(RateLimit::of(budget, now_ms))
    }
}

async fn find_icon(context: &Context<'_>, by: IconBy) -> Result<Option<Icon>, Error> {
    let loaders = loaders(context);
    let icon = match by {
        IconBy::Id(id) => match GlobalId::parse(&id)? {
            GlobalId::Icon(name) => loaders.by_name.one(&name).await?.filter(|icon| icon.name == name),
            GlobalId::IconSet(_) => return Err(bad_user_input("this is the id of an icon set, not of an icon")),
            GlobalId::Job(_) => return Err(bad_user_input("this is the id of a job, not of an icon")),
            GlobalId::Alert(_) => return Err(bad_user_input("this is the id of an alert, not of an icon")),
        },
        IconBy::Name(name) => loaders.by_name.one(&name.0).await?,
        IconBy::Character(character) => loaders.by_character.one(&character.as_name()?).await?,
    };
    Ok(icon.map(Icon))
}

impl CharacterInput {
    /// The name under which the character is kept.
    fn as_name(&self) -> Result<IconName, Error> {
        check_prefix(&self.prefix)?;
        let codepoint = self.codepoint.to_ascii_lowercase();
        let is_hex = codepoint.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit());
        match IconName::new(&self.prefix, &codepoint) {
            Ok(name) if is_hex => Ok(name),
            _ => Err(bad_user_input(
                "`codepoint` is hex, several joined by hyphens: f000, 1f600-200d",
            )),
        }
    }
}

impl InvalidIconName {
    const SHOWN_CHARACTERS: usize = 200;

    fn of(input: &str) -> Self {
        Self {
            input: input.chars().take(Self::SHOWN_CHARACTERS).collect(),
            message: domain::catalog::InvalidIconName.to_string(),
        }
    }
}

fn check_prefix(prefix: &str) -> Result<(), Error> {
    if is_valid_prefix(prefix) {
        Ok(())
    } else {
        Err(bad_user_input(
            "a prefix is made of a-z and 0-9 with single hyphens inside, such as fa6-solid",
        ))
    }
}

/// Checks how many names, ids or icons were given.
pub(crate) fn check_batch(size: usize, context: &Context<'_>) -> Result<(), Error> {
    let max = context.data_unchecked::<Limits>().max_batch;
    if size <= max {
        Ok(())
    } else {
        Err(LimitExceeded {
            limit: "maxBatch",
            max,
            actual: Some(size),
        }
        .into())
    }
}
