// What usage brings, by usage that is made up; feedback.sh prepares what it needs and says where that is:
//
//   ICONQL, SQLITE_FILE (every icon set), WORK, DAYS, EVENTS_PER_DAY, COUNT (searches, and requests)
//
// Ends with status 1 where it brings nothing.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { iconql, start } from '../compare/servers.mjs';
import { meanNdcg } from './ndcg.mjs';
import { inMemory } from './restart.mjs';
import { splitOffLastDay } from './usage.mjs';

const { ICONQL, SQLITE_FILE, WORK, DAYS, EVENTS_PER_DAY } = process.env;
const count = Number(process.env.COUNT);
const url = `sqlite://${SQLITE_FILE}`;
const env = { ...process.env, DATABASE_URL: url };
const maxBuffer = 1 << 26;
/** In which it is read how icons stand. */
const WINDOWS = 7;

await promisify(execFile)(ICONQL, ['demo-usage', '--days', DAYS, '--events-per-day', EVENTS_PER_DAY], { env, maxBuffer });
const database = new DatabaseSync(SQLITE_FILE);
const { counts, sequence } = splitOffLastDay(database);
database.close();

const figures = {};
for (const on of [false, true]) {
  const server = await startWith({ USAGE_RANKING_ENABLED: String(on) });
  await usageIsRead(server);
  figures[on] = await meanNdcg(server, counts, sequence, count);
  await server.stop();
}
const hits = {};
for (const on of [false, true]) {
  const server = await startWith({ CACHE_WARMING_ENABLED: String(on) });
  hits[on] = await inMemory(server, sequence, count);
  await server.stop();
}

const fixed = (value) => value.toFixed(3);
const percent = (value) => `${(100 * value).toFixed(1)} %`;
const page = `| | without usage | with usage |
|---|---|---|
| NDCG@20 of ${count} searches, judged by what was used on the day after | ${fixed(figures[false])} | ${fixed(figures[true])} |
| in memory, of the first ${count} icons that are asked for after a restart | ${percent(hits[false])} | ${percent(hits[true])} |
`;
await writeFile(`${WORK}/../feedback.md`, page);
console.log(page);
process.exitCode = figures[true] > figures[false] && hits[true] > hits[false] ? 0 : 1;

function startWith(settings) {
  // In production no answer tells how it was made.
  const all = { ENVIRONMENT: 'development', RESPONSE_CACHE_ENABLED: 'false', ...settings };
  return start('iconql', iconql(ICONQL, url, `${WORK}/data`, all), WORK, false);
}

/** How icons stand is read in the background once a server has started. */
async function usageIsRead(server) {
  const windows = /^usage_standings_duration_seconds_count (\d+)/m;
  for (;;) {
    const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
    if (Number(windows.exec(text)?.[1] ?? 0) >= WINDOWS) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
