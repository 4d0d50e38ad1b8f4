// What analytics.sh measures, and its table.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { calm } from '../compare/machine.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { questions } from './questions.mjs';
import { copyDays, names, openPostgres, openSqlite } from './rollups.mjs';

const { ICONQL, POSTGRES_URL, SQLITE_FILE, PEERS_FOLDER, WORK, EVENTS_PER_DAY } = process.env;
const [days, hoursOf, count, patience] = ['DAYS', 'HOURS_OF', 'COUNT', 'CALM_WAIT'].map((name) => Number(process.env[name]));
const DAY_MS = 86_400_000;
/** Milliseconds that an answer may take. */
const LIMIT_MS = 200;
const SERIES_LIMIT_MS = 20;

const engines = {
  PostgreSQL: [POSTGRES_URL, () => openPostgres(POSTGRES_URL, PEERS_FOLDER)],
  SQLite: [`sqlite://${SQLITE_FILE}`, () => openSqlite(SQLITE_FILE)],
};
const rows = [];
for (const [engine, [url, open]] of Object.entries(engines)) {
  const env = { ...process.env, DATABASE_URL: url };
  console.error(`${engine}: making up a day of ${EVENTS_PER_DAY} events`);
  await promisify(execFile)(ICONQL, ['demo-usage', '--days', '2', '--events-per-day', EVENTS_PER_DAY], { env, maxBuffer: 1 << 26 });
  const database = await open();
  console.error(`${engine}: copying its roll-ups to ${days} days`);
  const events = await copyDays(database, { days, hoursOf });
  const icons = await names(database);
  await database.end();
  // What is over is ranked before anything is measured.
  const server = await start('analytics', iconql(ICONQL, url, `${WORK}/${engine}`, { ENVIRONMENT: 'development', ANALYTICS_PROCESSING_INTERVAL: '1' }), WORK, false);
  await everythingIsRanked(open);
  const isCalm = await calm(patience);
  for (const [what, question] of Object.entries(questions)) {
    const times = [];
    for (let time = 0; time < count; time += 1) {
      const body = JSON.stringify(question({ icon: icons[(time * 7919) % icons.length], now: Date.now() - (time % 50) * 3_600_000, days, DAY_MS }));
      const began = performance.now();
      const response = await fetch(`http://127.0.0.1:${server.port}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
      const answer = await response.json();
      times.push(performance.now() - began);
      if (answer.errors) throw new Error(`${what}: ${JSON.stringify(answer.errors)}`);
    }
    times.sort((one, other) => one - other);
    const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
    const limit = what.startsWith('30 days of one icon') ? SERIES_LIMIT_MS : LIMIT_MS;
    rows.push({ engine, what, events, p50: at(0.5), p99: at(0.99), limit, isMet: at(0.99) < limit, isCalm });
    console.error(`${engine}  ${what.padEnd(56)}  p50 ${at(0.5).toFixed(1)} ms  p99 ${at(0.99).toFixed(1)} ms`);
  }
  await server.stop();
}
const line = ({ engine, what, p50, p99, limit, isMet }) => `| ${engine}: ${what} | < ${limit} ms | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${isMet ? 'met' : '**missed**'} |`;
const table = [`Over ${(rows[0].events / 1e6).toFixed(0)} million events, rolled up.`, '', '| what | p99 at most | p50, ms | p99, ms | |', '| --- | ---: | ---: | ---: | --- |', ...rows.map(line), ''].join('\n');
await writeFile(`${WORK}.md`, table);
console.log(table);
process.exitCode = rows.every(({ isMet }) => isMet) ? 0 : 1;

async function everythingIsRanked(open) {
  const database = await open();
  for (;;) {
    const unranked = await database.number('SELECT count(*) FROM usage_day_ranking WHERE icons IS NULL');
    if (unranked <= 2) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  await database.end();
}
