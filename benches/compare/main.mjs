// Verifies and measures every server; compare.sh prepares what it needs and says where that is:
//
//   ICONQL, ICONS, POSTGRES_URL, SQLITE_FILE, PEERS_URL, PEERS_FOLDER, WORK   see servers.mjs
//   ROUNDS, DURATION (seconds), PEERS (names, comma-separated), CALM_WAIT (seconds)
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { calm, residentMb } from './machine.mjs';
import { measure, prepare } from './measure.mjs';
import { writeMedians } from './medians.mjs';
import { markdown } from './report.mjs';
import { known, OURS, start } from './servers.mjs';
import { verified } from './verify.mjs';
import { workloads } from './workloads.mjs';

const STARTS = 5;

const { ICONQL, ICONS, POSTGRES_URL, SQLITE_FILE, PEERS_URL, PEERS_FOLDER, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const patience = Number(process.env.CALM_WAIT);

const kinds = known({
  program: ICONQL,
  postgresUrl: POSTGRES_URL,
  sqliteFile: SQLITE_FILE,
  peersUrl: PEERS_URL,
  peersFolder: PEERS_FOLDER,
  work: WORK,
});
const ours = Object.keys(OURS);
const names = [...ours, ...process.env.PEERS.split(',').filter(Boolean)];
const unknown = names.filter((name) => !kinds[name]);
if (unknown.length > 0) throw new Error(`no such peer: ${unknown}; there are ${Object.keys(kinds).slice(ours.length)}`);

await mkdir(WORK, { recursive: true });
const asked = await workloads(ICONS);
const starts = [];
for (const name of ['iconql-postgres', 'iconql-sqlite']) {
  for (let count = 0; count < STARTS; count += 1) {
    await calm(patience);
    const server = await start(name, kinds[name], WORK, false);
    starts.push({ server: name, readyMs: server.readyMs });
    await server.stop();
  }
}

const servers = [];
for (const name of names) {
  const server = await start(name, kinds[name], WORK);
  console.error(`verifying ${name}`);
  server.workloads = {};
  for (const [workload, sent] of Object.entries(await verified(server, asked))) {
    server.workloads[workload] = await prepare(sent, `${WORK}/${name}-${workload}.requests`);
  }
  servers.push(server);
}

const runs = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const workload of ['scroll', 'single', 'page']) {
    for (const server of servers.filter((server) => server.workloads[workload])) {
      runs.push({ workload, server: server.name, ...(await oneRun(server, server.workloads[workload])) });
      const { rps, p99Ms, residentMb, calm } = runs.at(-1);
      console.error(
        `round ${round}  ${workload.padEnd(6)}  ${server.name.padEnd(15)}  ${rps.toFixed(0).padStart(6)}/s  ` +
          `p99 ${p99Ms.toFixed(1)} ms  ${residentMb.toFixed(0)} MB${calm ? '' : '  (not calm)'}`,
      );
    }
  }
}
for (const server of servers) await server.stop();

const machine = `${cpus().length} cores, ${cpus()[0].model.trim()}`;
const page = markdown({ runs, starts, seconds, rounds, machine });
await writeFile(`${WORK}/../compare.md`, page);
await writeMedians(`${WORK}/../compare.json`, runs);
console.log(page);

async function oneRun(server, workload) {
  const isCalm = await calm(patience);
  // Warm: what is measured is a server that has run for a while, its code compiled and its connections open.
  await measure(server, workload, Math.min(seconds, 2));
  const figures = await measure(server, workload, seconds);
  return { ...figures, residentMb: await residentMb(server.pid), calm: isCalm };
}
