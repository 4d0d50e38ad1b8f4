// What usage.sh measures, and its table.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { calm, median } from '../compare/machine.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { insertBare, record } from './load.mjs';
import { rollUp } from './rollup.mjs';

const { ICONQL, ICONS, POSTGRES_URL, SQLITE_FILE, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const patience = Number(process.env.CALM_WAIT);
const dayEvents = Number(process.env.DAY_EVENTS);

const NAMES = 20_000;
/** Seconds from one roll-up to the next, so that there is none. */
const SELDOM = '86400';

await mkdir(WORK, { recursive: true });
const names = `${WORK}/names`;
await writeFile(names, (await someNames()).join('\n'));

const settings = (more = {}) => ({ ENVIRONMENT: 'development', ANALYTICS_PROCESSING_INTERVAL: SELDOM, ...more });
const server = (name, url, more) => start(name, iconql(ICONQL, url, `${WORK}/${name}`, settings(more)), WORK, false);
const alone = { USAGE_GROUP_MAX_EVENTS: '1' };
const sqlite = `sqlite://${SQLITE_FILE}`;
const batches = { size: 500, connections: 16, seconds };
const singles = { size: 1, connections: 64, seconds };
const ways = {
  'PostgreSQL, batches of 500': [POSTGRES_URL, {}, batches],
  'PostgreSQL, bare INSERT of 1000 rows': [],
  'SQLite, batches of 500': [sqlite, {}, batches],
  'PostgreSQL, one event from each of 64 clients': [POSTGRES_URL, {}, singles],
  'the same, each committed alone': [POSTGRES_URL, alone, singles],
};
const runs = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const [way, [url, more, load]] of Object.entries(ways)) {
    const isCalm = await calm(patience);
    let figures;
    if (url) {
      const running = await server('usage', url, more);
      await record(running, names, { ...load, seconds: 2 });
      figures = await record(running, names, load);
      await running.stop();
    } else {
      figures = await insertBare(POSTGRES_URL, WORK, seconds);
    }
    runs[way].push({ ...figures, isCalm });
    console.error(`round ${round}  ${way.padEnd(46)}  ${figures.eventsPerSecond.toFixed(0).padStart(7)} events/s${isCalm ? '' : '  (not calm)'}`);
  }
}
const rate = (way) => median(runs[way].map((figures) => figures.eventsPerSecond));
const [postgres, bare, onSqlite, grouped, apart] = Object.keys(ways).map(rate);
const day = dayEvents > 0 ? await rollUp({ program: ICONQL, url: POSTGRES_URL, names, work: WORK, events: dayEvents, quietRate: postgres }) : undefined;

const limits = [
  ['PostgreSQL, batches of 500, events a second', '50,000', postgres, postgres >= 50_000],
  ['its share of bare INSERTs of 1,000 rows', '0.5', postgres / bare, postgres >= bare / 2],
  ['SQLite, batches of 500, events a second', '20,000', onSqlite, onSqlite >= 20_000],
  ['64 clients with one event each, beside committing each alone', '2', grouped / apart, grouped >= apart * 2],
];
if (day) {
  limits.push(
    [`a day of ${(day.events / 1e6).toFixed(1)} million events rolled up, in seconds, while others are recorded`, '< 60', day.seconds, day.seconds < 60],
    ['recording meanwhile, share of its quiet rate', '0.5', day.besideEventsPerSecond / postgres, day.besideEventsPerSecond >= postgres / 2],
  );
}
const shown = (number) => (number >= 1000 ? Math.round(number).toLocaleString('en') : number.toFixed(2));
const lines = limits.map(([what, limit, measured, isMet]) => `| ${what} | ${limit} | ${shown(measured)} | ${isMet ? 'met' : '**missed**'} |`);
const table = ['| what | at least | measured | |', '| --- | ---: | ---: | --- |', ...lines, ''].join('\n');
await writeFile(`${WORK}.md`, table);
await writeFile(`${WORK}.json`, JSON.stringify({ runs, day }, undefined, 2));
console.log(table);
process.exit(limits.every(([, , , isMet]) => isMet) ? 0 : 1);

/** Names of icons, of all sets, the same each time. */
async function someNames() {
  const sets = ['mdi', 'lucide', 'tabler', 'ph', 'material-symbols', 'fluent'];
  const all = [];
  for (const prefix of sets) {
    const set = JSON.parse(await readFile(`${ICONS}/json/${prefix}.json`, 'utf8'));
    all.push(...Object.keys(set.icons).map((key) => `${prefix}:${key}`));
  }
  // A stride without a common factor goes through all of them.
  const stride = 7919;
  return Array.from({ length: Math.min(NAMES, all.length) }, (_, place) => all[(place * stride) % all.length]);
}
