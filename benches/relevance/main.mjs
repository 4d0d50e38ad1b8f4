// Asks iconql and the Iconify API the same judged queries; relevance.sh prepares what it needs and says where that is:
//
//   ICONQL, ICONS, SQLITE_FILE, KEYWORDS (node_modules of the trained sources), UNSEEN_KEYWORDS (of the others),
//   PEERS_FOLDER, WORK, COUNT (queries of each kind)
//
// Ends with status 1 where an aim is missed.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { iconifyApi, iconql, start } from '../compare/servers.mjs';
import { namesBySet } from './catalog.mjs';
import { judge } from './judge.mjs';
import { aimsMet, markdown, misses } from './report.mjs';
import { TRAINED, UNSEEN } from './sources.mjs';
import { namesTyped, synonyms } from './tracks.mjs';

const SEED = 20_261_121;

const { ICONQL, ICONS, SQLITE_FILE, KEYWORDS, UNSEEN_KEYWORDS, PEERS_FOLDER, WORK } = process.env;
const count = Number(process.env.COUNT);
const run = promisify(execFile);

await mkdir(WORK, { recursive: true });
const sets = await namesBySet(ICONS);
const judgedBy = async (source, folder) => {
  const tagged = await source.read(`${folder}/${source.package}`);
  return { track: source.package, cases: synonyms(tagged, source.prefixes, sets, { count, seed: SEED }) };
};
const names = Object.entries(namesTyped(sets, count, SEED)).map(([track, cases]) => ({ track, cases }));
const heldOut = await Promise.all(TRAINED.map((source) => judgedBy(source, KEYWORDS)));
const unseen = await Promise.all(UNSEEN.map((source) => judgedBy(source, UNSEEN_KEYWORDS)));

const results = [];
const peer = await start('iconify-api', iconifyApi(PEERS_FOLDER, `${WORK}/iconify-api`), WORK, false);
for (const track of [...names, ...heldOut, ...unseen]) await judgeBoth(peer, 'iconifyApi', track);
await peer.stop();

await withKeywordsOf(TRAINED, async (server) => {
  for (const track of [...names, ...unseen]) await judgeBoth(server, 'iconql', track);
});
for (const [place, source] of TRAINED.entries()) {
  const others = TRAINED.filter((other) => other !== source);
  await withKeywordsOf(others, (server) => judgeBoth(server, 'iconql', heldOut[place]));
}

const page = markdown(results);
await writeFile(`${WORK}/misses.tsv`, misses(results));
await writeFile(`${WORK}/../relevance.md`, page);
console.log(page);
process.exitCode = aimsMet(results) ? 0 : 1;

async function judgeBoth(server, name, { track, cases }) {
  console.error(`${server.name}: ${cases.length} queries of ${track}`);
  for (const scope of ['within', 'everything']) {
    results.push({ track, scope, server: name, ...(await judge(server, cases, scope === 'within')) });
  }
}

/** Runs `task` beside an iconql that has every icon set and the keywords of these sources alone. */
async function withKeywordsOf(sources, task) {
  const folder = `${WORK}/trained`;
  const url = `sqlite://${folder}/iconql.db`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await copyFile(SQLITE_FILE, `${folder}/iconql.db`);
  const packages = sources.map((source) => `${KEYWORDS}/${source.package}`);
  await run(ICONQL, ['import', '--keywords', ...packages], { env: { ...process.env, DATABASE_URL: url } });
  const server = await start('iconql', iconql(ICONQL, url, folder), WORK, false);
  await task(server);
  await server.stop();
  await rm(folder, { recursive: true });
}
