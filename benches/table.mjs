// What the cache and the speed of answers are held to, as one table of Markdown out of what the benches left in target/bench:
// compare.json, fronts.json, search.json, caching.json, and criterion.txt, which is what `cargo bench` said.
import { readFile } from 'node:fs/promises';

const target = process.env.CARGO_TARGET_DIR ?? new URL('../target', import.meta.url).pathname;
const bench = new URL('../target/bench', import.meta.url).pathname;

const [compare, fronts, search, caching] = await Promise.all(['compare', 'fronts', 'search', 'caching'].map((name) => json(`${bench}/${name}.json`)));
const memory = await json(`${target}/criterion/cache in memory/one icon/new/estimates.json`);
const redis = /^redis: .*p99 ([\d.]+) ms$/m.exec(await readFile(`${bench}/criterion.txt`, 'utf8').catch(() => ''))?.[1];

const lines = [
  over('W1: 50 random icons with set and licence, no whole answers kept', compare?.scroll, 'iconql-joined', {
    'iconify-api': 1.5,
    apollo: 8,
    yoga: 8,
    postgraphile: 8,
  }),
  over('W1 again by persisted GET', fronts?.scroll, 'iconql', { nginx: 0.6 }),
  over('W3: one icon, again by persisted GET', fronts?.single, 'iconql', { 'iconify-api': 1.2, nginx: 0.6 }),
  ...['iconql-sqlite', 'iconql-postgres'].flatMap((server) => [
    over(`W2: 64 hits with bodies, each query once, ${server}`, search?.words, server, { 'iconify-api': 5 }),
    over(`its p99, ${server}`, search?.words, server, { 'iconify-api': 0.1 }, 'p99Ms'),
  ]),
  over('W1, nothing kept, PostgreSQL', compare?.scroll, 'iconql-uncached', { apollo: 2 }),
  ...(caching ?? [{ what: 'what benches/caching.sh measures', limit: '' }]),
  below('one icon out of memory, on average', memory && memory.mean.point_estimate / 1000, 1, 'µs'),
  below('50 icons out of Redis, p99', redis && Number(redis), 1, 'ms'),
];
console.log('| what | at least | measured | |\n| --- | ---: | ---: | --- |');
for (const { what, limit, measured, isMet } of lines) {
  console.log(`| ${what} | ${limit} | ${measured ?? ''} | ${measured === undefined ? 'not measured' : isMet ? 'met' : '**missed**'} |`);
}

/** A server's requests a second over those of others, each of which has a least ratio; or its p99, of which that is the most. */
function over(what, servers, server, limits, figure = 'rps') {
  const isMost = figure !== 'rps';
  const limit = Object.entries(limits).map(([other, ratio]) => `${isMost ? '< ' : ''}${ratio} × ${other}`);
  const others = Object.keys(limits).filter((other) => servers?.[server] && servers[other]);
  const ratios = others.map((other) => [other, servers[server][figure] / servers[other][figure]]);
  return {
    what,
    limit: limit.join(', '),
    measured: ratios.length === limit.length ? ratios.map(([other, ratio]) => `${ratio.toFixed(2)} × ${other}`).join(', ') : undefined,
    isMet: ratios.every(([other, ratio]) => (isMost ? ratio < limits[other] : ratio >= limits[other])),
  };
}

function below(what, value, limit, unit) {
  return { what, limit: `< ${limit} ${unit}`, measured: value === undefined ? undefined : `${value.toFixed(2)} ${unit}`, isMet: value < limit };
}

/** What a file holds; undefined where there is none. */
async function json(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
