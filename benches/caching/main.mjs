// Measures what is kept and what it is worth; caching.sh prepares what it needs and says where that is:
//
//   ICONQL, HIT_RATE, ICONS, POSTGRES_URL, SQLITE_FILE, CLIENT_FOLDER, WORK, ROUNDS, DURATION and CALM_WAIT (seconds)
//
// Ends with status 1 where a limit is missed.
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { workloads } from '../compare/workloads.mjs';
import { writeChanged } from './changed.mjs';
import { clientRequests } from './client-requests.mjs';
import { whenCold } from './cold.mjs';
import { atHalfLoad } from './half-load.mjs';
import { hitRate } from './hit-rate.mjs';
import { markdown, rows } from './report.mjs';
import { whenLoaded } from './resident.mjs';

const { ICONQL, HIT_RATE, ICONS, POSTGRES_URL, SQLITE_FILE, CLIENT_FOLDER, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const changed = `${WORK}/changed`;

await mkdir(WORK, { recursive: true });
const asked = await workloads(ICONS);
const how = { program: ICONQL, asked, work: WORK, rounds, seconds, patience: Number(process.env.CALM_WAIT) };
const client = await clientRequests(CLIENT_FOLDER, asked.scroll);
const clientOfOneSet = await clientRequests(CLIENT_FOLDER, asked.scrollOfOneSet);
const { runs: cold, requests: iconql } = await whenCold({ ...how, postgresUrl: POSTGRES_URL });
const requests = { iconql, client, clientOfOneSet };
const databases = [
  { name: 'SQLite', url: `sqlite://${SQLITE_FILE}` },
  { name: 'PostgreSQL', url: POSTGRES_URL },
];
const resident = await whenLoaded({ ...how, icons: ICONS, databases });
const hits = await hitRate(HIT_RATE, SQLITE_FILE);
// Last, as it changes what the databases hold.
await writeChanged(ICONS, changed);
const halfLoad = await atHalfLoad({ ...how, sources: [changed, ICONS], sqliteFile: SQLITE_FILE, postgresUrl: POSTGRES_URL });

const machine = `${cpus().length} cores, ${cpus()[0].model.trim()}`;
const results = { cold, halfLoad, resident, requests, hits, rounds, seconds, machine };
const page = markdown(results);
await writeFile(`${WORK}/../caching.md`, page);
await writeFile(`${WORK}/../caching.json`, `${JSON.stringify(rows(results), null, 2)}\n`);
console.log(page);
const missed = rows(results).filter((row) => !row.isMet);
missed.forEach(({ what, limit, measured }) => console.error(`missed: ${what}: ${measured}, ${limit}`));
process.exitCode = missed.length > 0 ? 1 : 0;
// The client of the Iconify API leaves timers behind.
process.exit();
