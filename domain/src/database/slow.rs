//! Statements that took long, until somebody takes them down, and how the database goes about one.

use std::{
    collections::BTreeMap,
    mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait as _, QueryResult, Statement};

use super::{Columns, Database, DatabaseError, Dialect};

/// Times of one kind that are held; of what is slower than anybody looks, more say nothing new.
const MOST_TIMES: usize = 10_000;

/// Characters of a plan; those of ours have a tenth.
const MOST_OF_A_PLAN: usize = 4_000;

/// Statements that took long, by what metrics call them. Clones share them.
#[derive(Clone, Default)]
pub(super) struct SlowLog(Arc<Mutex<BTreeMap<&'static str, SlowStatements>>>);

/// Statements of one kind that took long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SlowStatements {
    /// The newest of them, without its values.
    pub(crate) sql: String,
    pub(crate) times: Vec<Duration>,
}

impl SlowLog {
    pub(super) fn note(&self, query_type: &'static str, sql: &str, took: Duration) {
        let mut all = self.held();
        let known = all.entry(query_type).or_default();
        if known.sql != sql {
            sql.clone_into(&mut known.sql);
        }
        if known.times.len() < MOST_TIMES {
            known.times.push(took);
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<&'static str, SlowStatements>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Database {
    /// The statements that took long since this was asked last, by what metrics call them.
    pub(crate) fn take_slow(&self) -> BTreeMap<&'static str, SlowStatements> {
        mem::take(&mut *self.slow.held())
    }

    /// How the database would go about a statement whose values it does not know. The statement is not run.
    pub(crate) async fn plan_of(&self, sql: &str) -> Result<String, DatabaseError> {
        let plan = async {
            match self.dialect {
                Dialect::Sqlite => self.sqlite_plan(sql).await,
                Dialect::Postgres => self.postgres_plan(sql).await,
            }
        };
        let timed_out = |_| DatabaseError::Timeout {
            after_ms: self.query_timeout.as_millis(),
        };
        let plan = tokio::time::timeout(self.query_timeout, plan)
            .await
            .map_err(timed_out)??;
        Ok(plan.chars().take(MOST_OF_A_PLAN).collect())
    }

    async fn sqlite_plan(&self, sql: &str) -> Result<String, DatabaseError> {
        let rows = self
            .query("explain", &format!("EXPLAIN QUERY PLAN {sql}"), vec![])
            .await?;
        let mut depths = BTreeMap::from([(0_i64, 0)]);
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let columns = &mut Columns::of(row)?;
            let (id, parent) = (columns.next::<i64>()?, columns.next::<i64>()?);
            let _unused: i64 = columns.next()?;
            let depth = depths.get(&parent).copied().unwrap_or_default();
            depths.insert(id, depth + 1);
            lines.push(format!("{}{}", "  ".repeat(depth), columns.next::<&str>()?));
        }
        Ok(lines.join("\n"))
    }

    /// By a plan for whatever values there are, which is what a statement that is prepared once has in the end.
    async fn postgres_plan(&self, sql: &str) -> Result<String, DatabaseError> {
        static STATEMENTS: AtomicU64 = AtomicU64::new(0);
        // Where it fails it stays with its connection, and must not be in the way of the next.
        let name = format!("iconql_explained_{}", STATEMENTS.fetch_add(1, Ordering::Relaxed));
        let _user = self.pool_user();
        // What is set here ends with it.
        let transaction = self.begin().await?;
        transaction
            .execute_unprepared("SET LOCAL plan_cache_mode = force_generic_plan")
            .await?;
        transaction
            .execute_unprepared(&format!("PREPARE {name} AS {sql}"))
            .await?;
        let nothing = vec!["NULL"; parameters(sql)].join(", ");
        let values = if nothing.is_empty() {
            String::new()
        } else {
            format!("({nothing})")
        };
        let explain = Statement::from_string(self.dialect.backend(), format!("EXPLAIN EXECUTE {name}{values}"));
        let explained = transaction.query_all_raw(explain).await?;
        transaction.execute_unprepared(&format!("DEALLOCATE {name}")).await?;
        let line = |row: &QueryResult| Ok(Columns::of(row)?.next::<&str>()?.to_owned());
        let lines: Result<Vec<String>, DatabaseError> = explained.iter().map(line).collect();
        Ok(lines?.join("\n"))
    }
}

/// How many parameters a statement has: they are numbered from 1.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|after| {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        after[..digits].parse().unwrap_or(0)
    });
    numbers.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_are_numbered() {
        for (sql, count) in [
            ("SELECT 1", 0),
            ("SELECT $1", 1),
            ("SELECT $2, $10::text[], $2", 10),
            ("SELECT '$', $1", 1),
            ("SELECT $$a$$, $3", 3),
        ] {
            assert_eq!(parameters(sql), count, "{sql}");
        }
    }
}
