//! Lists of icons that are joined from what is kept, and resolved as far as it is not.

use std::{borrow::Cow, sync::Arc, time::Instant};

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
    resolver_utils::resolve_list,
};
use bytes::Bytes;
use domain::{cache::Shown, catalog::IconSet};
use futures_util::future::try_join_all;

use super::{Selections, SerializedMemory, memory::Kept, selections::Selected, splice::write};
use crate::{
    loaders::{Loaders, loaders_of},
    types::{icon::Icon, icon_result::IconResult},
};

/// A list of icons.
pub(crate) struct SerializedIcons(pub(crate) Vec<Icon>);

/// A list of what became of names.
pub(crate) struct SerializedResults(pub(crate) Vec<IconResult>);

/// What a request brings along whose icons may be answered as bytes.
pub(crate) struct Serializing {
    pub(crate) selections: Arc<Selections>,
    /// None where nothing is kept.
    pub(crate) keeping: Option<Keeping>,
}

/// Where what icons answer is looked for, and kept.
pub(crate) struct Keeping {
    pub(crate) memory: SerializedMemory,
    /// How the catalog is known when the request begins: what it reads is as of then or later.
    pub(crate) shown: Shown,
    pub(crate) began: Instant,
}

/// One selection, for as long as a list of icons answers it.
struct Answering<'a> {
    selection: &'a Selected,
    keeping: Option<&'a Keeping>,
    loaders: &'a Loaders,
}

impl<'a> Answering<'a> {
    /// None where icons have to be resolved.
    fn of(context: &ContextSelectionSet<'a>) -> Option<Self> {
        let serializing = context.data_opt::<Serializing>()?;
        let selection = serializing.selections.at(context.item.pos)?;
        let keeping = serializing.keeping.as_ref();
        (keeping.is_some() || selection.plain.is_some()).then(|| Self {
            selection,
            keeping,
            loaders: loaders_of(context),
        })
    }

    fn kept(&self, icon: &Icon) -> Option<Bytes> {
        let Keeping { memory, began, .. } = self.keeping?;
        memory.get(self.selection.id, &icon.0, self.loaders.catalog(), *began)
    }

    /// Keeps what an icon answers, which is to be answered.
    fn keep(&self, icon: &Icon, json: &[u8], is_its_own: bool) -> Value {
        let bytes = Bytes::copy_from_slice(json);
        if let Some(Keeping { memory, shown, began }) = self.keeping {
            let kept = Kept {
                bytes: bytes.clone(),
                is_its_own,
                shown: *shown,
                made: *began,
            };
            memory.keep((self.selection.id, icon.0.id), kept);
        }
        Value::Binary(bytes)
    }

    /// Answers what is missing, where icons and their sets have all of it themselves.
    async fn write_plain<'i>(&self, icons: impl Iterator<Item = Option<&'i Icon>>, answers: &mut [Option<Value>]) {
        let Some(plain) = &self.selection.plain else { return };
        let missing = icons.zip(answers).filter(|(_, answer)| answer.is_none());
        let missing: Vec<_> = missing.filter_map(|(icon, answer)| Some((icon?, answer))).collect();
        let needs_set = plain.needs_set();
        let sets = if needs_set {
            self.sets_of(missing.iter().map(|(icon, _)| *icon)).await
        } else {
            Vec::new()
        };
        let mut json = Vec::new();
        for (place, (icon, answer)) in missing.into_iter().enumerate() {
            let set = sets.get(place).and_then(Option::as_deref);
            if needs_set && set.is_none() {
                continue;
            }
            json.clear();
            plain.write(&icon.0, set, &mut json);
            *answer = Some(self.keep(icon, &json, true));
        }
    }

    /// The sets of icons. None of those are there that cannot be read, of which the library says why.
    async fn sets_of<'i>(&self, icons: impl Iterator<Item = &'i Icon>) -> Vec<Option<Arc<IconSet>>> {
        let mut unknown = Vec::new();
        let mut sets: Vec<_> = icons
            .map(|icon| {
                let set = self.loaders.catalog().remembered_set(&icon.0);
                if set.is_none() {
                    unknown.push(icon.0.name.prefix().to_owned());
                }
                set
            })
            .collect();
        if !unknown.is_empty() {
            let read = self.loaders.sets.many(&unknown).await.unwrap_or_default();
            for (set, read) in sets.iter_mut().filter(|set| set.is_none()).zip(read) {
                *set = read;
            }
        }
        sets
    }
}

/// Answers a list of items, of which those are kept that are icons.
async fn resolve<'a, T: OutputType>(
    context: &ContextSelectionSet<'a>,
    field: &Positioned<Field>,
    items: &'a [T],
    icon_of: impl Fn(&T) -> Option<&Icon>,
) -> ServerResult<Value> {
    let Some(answering) = Answering::of(context) else {
        return resolve_list(context, field, items, Some(items.len())).await;
    };
    let kept = |item| answering.kept(icon_of(item)?).map(Value::Binary);
    let mut answers: Vec<Option<Value>> = items.iter().map(kept).collect();
    let is_missing = |answers: &[Option<Value>], index: &usize| answers[*index].is_none();
    let missing = (0..items.len()).filter(|index| is_missing(&answers, index)).count();
    if answering.keeping.is_some() {
        count(items.len() - missing, missing);
    }
    let started = Instant::now();
    answering.write_plain(items.iter().map(&icon_of), &mut answers).await;
    let unwritten: Vec<usize> = (0..items.len()).filter(|index| is_missing(&answers, index)).collect();
    if !unwritten.is_empty() {
        let resolved = Resolved::of(context, field, items, &unwritten).await?;
        let mut json = Vec::new();
        for (index, value) in unwritten.into_iter().zip(resolved.values) {
            let icon = icon_of(&items[index]).filter(|_| resolved.is_whole);
            answers[index] = Some(match icon {
                // What is written to be kept is not written again for this answer.
                Some(icon) => {
                    json.clear();
                    write(&mut json, &value);
                    answering.keep(icon, &json, resolved.is_its_own)
                }
                None => value,
            });
        }
    }
    if let Some(Keeping { memory, .. }) = answering.keeping {
        memory.note_cost(started.elapsed(), missing);
    }
    Ok(Value::List(answers.into_iter().flatten().collect()))
}

/// What the library made of items.
struct Resolved {
    values: Vec<Value>,
    /// Whether nothing failed, and all of it is made of the catalog alone.
    is_whole: bool,
    /// Whether each is made of the item itself, if it is an icon, and its set's facts alone.
    is_its_own: bool,
}

impl Resolved {
    async fn of<'a, T: OutputType>(
        context: &ContextSelectionSet<'a>,
        field: &Positioned<Field>,
        items: &'a [T],
        indices: &[usize],
    ) -> ServerResult<Self> {
        let loaders = loaders_of(context);
        let (errors_before, asked_before, searched_before) =
            (errors(context), loaders.asked_for_more(), loaders.searched());
        let values = indices.iter().map(|index| {
            let (item, context) = (&items[*index], context.with_index(*index));
            async move {
                let resolved = OutputType::resolve(item, &context, field).await;
                resolved.map_err(|error| context.set_error_path(error))
            }
        });
        Ok(Self {
            values: try_join_all(values).await?,
            // Whose error it is does not matter: what an icon answers when something fails is not what it answers.
            // What a search found is made of more than the icon's set, and figures of usage move with time.
            is_whole: errors(context) == errors_before
                && loaders.searched() == searched_before
                && !loaders.shown_usage().figures,
            // What somebody else asks for meanwhile counts as well: then it is right for a shorter time, and right.
            is_its_own: loaders.asked_for_more() == asked_before,
        })
    }
}

fn errors(context: &ContextSelectionSet<'_>) -> usize {
    context
        .query_env
        .errors
        .lock()
        .map_or(usize::MAX, |errors| errors.len())
}

fn count(hits: usize, misses: usize) {
    for (status, count) in [("hit", hits), ("miss", misses)] {
        metrics::counter!("cache_operations_total", "layer" => "serialized", "operation" => "get", "status" => status)
            .increment(count as u64);
    }
}

/// A list type of the same items, resolved as above.
macro_rules! list {
    ($list:ty, $item:ty, $icon_of:expr) => {
        impl OutputType for $list {
            fn type_name() -> Cow<'static, str> {
                <Vec<$item> as OutputType>::type_name()
            }

            fn qualified_type_name() -> String {
                <Vec<$item> as OutputType>::qualified_type_name()
            }

            fn create_type_info(registry: &mut Registry) -> String {
                <Vec<$item> as OutputType>::create_type_info(registry)
            }

            async fn resolve(
                &self,
                context: &ContextSelectionSet<'_>,
                field: &Positioned<Field>,
            ) -> ServerResult<Value> {
                resolve(context, field, &self.0, $icon_of).await
            }
        }
    };
}

list!(SerializedIcons, Icon, |icon| Some(icon));
list!(SerializedResults, IconResult, |result| match result {
    IconResult::Icon(icon) => Some(icon),
    IconResult::NotFound(_) | IconResult::InvalidName(_) => None,
});
