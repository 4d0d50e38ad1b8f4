// Measures searches of iconql and of the Iconify API; search.sh prepares what it needs and says where that is:
//
//   ICONQL, ICONS, KEYWORDS, SQLITE_FILE, POSTGRES_URL (both with keywords), PEERS_FOLDER, WORK
//   ROUNDS, COUNT (queries), DURATION and CALM_WAIT (seconds), TENFOLD (0 leaves out ten times the catalog)
//
// Ends with status 1 where a limit is passed.
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { promisify } from 'node:util';
import { writeMedians } from '../compare/medians.mjs';
import { iconifyApi, iconql, start } from '../compare/servers.mjs';
import { namesBySet } from '../relevance/catalog.mjs';
import { builds } from './builds.mjs';
import { pages } from './pages.mjs';
import { queries } from './queries.mjs';
import { markdown, withinLimits } from './report.mjs';
import { verified } from './requests.mjs';
import { inRounds } from './rounds.mjs';
import { importCopies } from './tenfold.mjs';

const HITS = 64;
const MOST_PAGED = 500;
const TIMES = 10;

const { ICONQL, ICONS, KEYWORDS, SQLITE_FILE, POSTGRES_URL, PEERS_FOLDER, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const how = { rounds, work: WORK, patience: Number(process.env.CALM_WAIT) };
const run = promisify(execFile);

await mkdir(WORK, { recursive: true });
const asked = queries(await namesBySet(ICONS), Number(process.env.COUNT));
const ours = { 'iconql-sqlite': `sqlite://${SQLITE_FILE}`, 'iconql-postgres': POSTGRES_URL };
const made = [];
const servers = [];
for (const [name, url] of Object.entries(ours)) {
  made.push(...(await builds(name, ICONQL, url, `${WORK}/${name}`, how)));
  servers.push(await prepared(name, iconql(ICONQL, url, `${WORK}/${name}`), true));
}
servers.push(await prepared('iconify-api', iconifyApi(PEERS_FOLDER, `${WORK}/iconify-api`), false));
const runs = await inRounds(servers, how);
if (process.env.TENFOLD !== '0') runs.push(...(await tenfold()));

const machine = `${cpus().length} cores, ${cpus()[0].model.trim()}`;
const results = { runs, made, servers, count: Number(process.env.COUNT), rounds, seconds: Number(process.env.DURATION), machine };
const page = markdown(results);
await writeFile(`${WORK}/../search.md`, page);
await writeMedians(`${WORK}/../search.json`, runs);
console.log(page);
process.exitCode = withinLimits(results) ? 0 : 1;

/** A server whose requests were all answered once: of each kind of queries, and of near and far pages where it has them. */
async function prepared(name, kind, hasPages) {
  console.error(`verifying ${name}`);
  const server = await start(name, kind, WORK, false);
  const workload = (what, asks, most) => verified(server, asks, most, `${WORK}/${name}-${what}.requests`);
  const search = (what) => workload(what, asked[what].map((query) => kind.dialect.search.ask(query, HITS, null, null)), HITS);
  const [warming, words, typed] = [await search('warming'), await search('words'), await search('typed')];
  const workloads = { words, typed, again: { ...words, seconds: Number(process.env.DURATION) } };
  if (hasPages) {
    const { near, far, most } = await pages(server, asked.words, MOST_PAGED);
    workloads['page 1'] = await workload('near', near, most);
    workloads['page 100'] = await workload('far', far, most);
  }
  await server.stop();
  return { name, kind, warming, workloads };
}

/** The same searches on the catalog and on ten times as much, which is gone afterwards. */
async function tenfold() {
  const folder = `${WORK}/copies`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  try {
    const compared = [];
    for (const [name, times] of [['catalog', 1], ['tenfold', TIMES]]) {
      const file = `${folder}/${name}.db`;
      const index = `${folder}/${name}`;
      const url = `sqlite://${file}`;
      await importCopies(ICONQL, ICONS, file, times);
      await run(ICONQL, ['import', '--keywords', KEYWORDS], { env: { ...process.env, DATABASE_URL: url } });
      made.push(...(await builds(name, ICONQL, url, index, { ...how, rounds: 1 })));
      compared.push(await prepared(name, iconql(ICONQL, url, index), false));
    }
    return await inRounds(compared, how);
  } finally {
    await rm(folder, { recursive: true });
  }
}
