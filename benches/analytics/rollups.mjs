// Roll-ups of many days, copied from those of one.
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const HOURS = 24;

/** PostgreSQL and SQLite alike: `run`, `number`, `texts`, `series` (a table of whole numbers) and `end`. */
export async function openPostgres(url, peers) {
  const pg = createRequire(`${peers}/`)('pg');
  const client = new pg.Client(url);
  await client.connect();
  const rows = async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows;
  return {
    run: (sql) => client.query(sql),
    number: async (sql) => Number((await rows(sql))[0][0]),
    texts: async (sql) => (await rows(sql)).map(([text]) => text),
    series: (from, to) => `generate_series(${from}, ${to}) AS back (n)`,
    end: () => client.end(),
  };
}

export async function openSqlite(file) {
  const database = new DatabaseSync(file, { timeout: 60_000 });
  const statement = (sql) => {
    const prepared = database.prepare(sql);
    prepared.setReturnArrays(true);
    return prepared;
  };
  return {
    run: async (sql) => database.exec(sql),
    number: async (sql) => Number(statement(sql).all()[0][0]),
    texts: async (sql) => statement(sql).all().map(([text]) => text),
    series: (from, to) => `(WITH RECURSIVE back (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM back WHERE n < ${to}) SELECT n FROM back) back`,
    end: async () => database.close(),
  };
}

/** Leaves one whole day, and copies of it on the days before. How many events all of them stand for. */
export async function copyDays(database, { days, hoursOf }) {
  // The day with most: the first and the last that were made up are not whole.
  const day = await database.number('SELECT bucket FROM usage_day WHERE target = -1 ORDER BY count DESC LIMIT 1');
  await database.run(`DELETE FROM usage_day WHERE bucket < ${day}`);
  await database.run(`DELETE FROM usage_hour WHERE bucket < ${day * HOURS}`);
  await database.run(`DELETE FROM usage_pair WHERE day < ${day}`);
  await database.run(`DELETE FROM usage_pair_day WHERE day < ${day}`);
  const columns = 'target, count, cell, steps';
  const whole = `bucket = ${day}`;
  await database.run(`INSERT INTO usage_day (bucket, ${columns}) SELECT bucket - n, ${columns} FROM ${database.series(1, days - 1)}, usage_day WHERE ${whole}`);
  const hours = `bucket BETWEEN ${day * HOURS} AND ${day * HOURS + HOURS - 1}`;
  await database.run(`INSERT INTO usage_hour (bucket, ${columns}) SELECT bucket - n * ${HOURS}, ${columns} FROM ${database.series(1, hoursOf - 1)}, usage_hour WHERE ${hours}`);
  await database.run(`INSERT INTO usage_pair (day, icon, other, sessions) SELECT day - n, icon, other, sessions FROM ${database.series(1, days - 1)}, usage_pair WHERE day = ${day}`);
  await database.run(`INSERT INTO usage_pair_day (day, events, sessions, in_window) SELECT day - n, events, sessions, FALSE FROM ${database.series(1, days - 1)}, usage_pair_day WHERE day = ${day}`);
  for (const tier of ['hour', 'day']) {
    await database.run(`DELETE FROM usage_${tier}_ranking`);
    await database.run(`INSERT INTO usage_${tier}_ranking (bucket) SELECT DISTINCT bucket FROM usage_${tier}`);
  }
  await database.run('ANALYZE');
  return database.number('SELECT sum(count) FROM usage_day WHERE target = -1');
}

/** Names of icons that were used, those used most not before the others. */
export function names(database) {
  return database.texts("SELECT name FROM usage_name WHERE name LIKE '%:%' ORDER BY id LIMIT 5000");
}
