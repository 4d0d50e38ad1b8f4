// Two measurements of the transport; transport.sh prepares what they need and says where that is:
//
//   ICONQL, BARE_HANDLER, ICONS, SQLITE_FILE, WORK, ROUNDS, DURATION (seconds), CALM_WAIT (seconds)
//
// 1. W1 by iconql and by the bare handler: what requests pass through before and after the schema.
// 2. Ten times more than iconql can answer: how long those wait who are answered.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { iconql as dialect } from '../compare/dialects.mjs';
import { calm, median } from '../compare/machine.mjs';
import { measure, prepare } from '../compare/measure.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { verified } from '../compare/verify.mjs';
import { workloads } from '../compare/workloads.mjs';
import { overloaded } from './overload.mjs';

const { ICONQL, BARE_HANDLER, ICONS, SQLITE_FILE, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const patience = Number(process.env.CALM_WAIT);

/** Least share of the bare handler's requests a second. */
const LEAST_SHARE = 0.95;
/** Most by which the p99 of those who are answered may grow under ten times the load. */
const MOST_GROWTH = 2;

// Both read and resolve every icon: what is measured is what stands around that.
const uncached = iconql(ICONQL, `sqlite://${SQLITE_FILE}`, `${WORK}/iconql`, { CACHE_ENABLED: 'false' });
const bare = {
  dialect,
  command: ['sh', '-c', 'exec "$0" "$LISTEN" "$DATABASE_URL" "$SEARCH_FOLDER"', BARE_HANDLER],
  ready: { method: 'POST', path: '/', body: '{"query":"{ __typename }"}' },
  environment: (port) => ({ LISTEN: `127.0.0.1:${port}`, DATABASE_URL: `sqlite://${SQLITE_FILE}`, SEARCH_FOLDER: `${WORK}/bare/search` }),
};

await mkdir(WORK, { recursive: true });
const asked = await workloads(ICONS);
const first = await start('iconql', uncached, WORK);
// An index belongs to one process.
await cp(`${WORK}/iconql/search`, `${WORK}/bare/search`, { recursive: true });
const servers = [first, await start('bare-handler', bare, WORK)];
for (const server of servers) {
  console.error(`verifying ${server.name}`);
  const { scroll } = await verified(server, { ...asked, single: [], walks: new Map() });
  server.scroll = await prepare(scroll, `${WORK}/${server.name}.requests`);
}

const runs = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const server of servers) {
    const isCalm = await calm(patience);
    await measure(server, server.scroll, Math.min(seconds, 2));
    const run = { server: server.name, isCalm, ...(await measure(server, server.scroll, seconds)) };
    runs.push(run);
    console.error(`round ${round}  ${server.name.padEnd(12)}  ${run.rps.toFixed(0)}/s  ${run.cpuMs.toFixed(3)} ms of the core each`);
  }
}
const of = (name, what) => median(runs.filter((run) => run.server === name).map((run) => run[what]));
const share = of('iconql', 'rps') / of('bare-handler', 'rps');
await servers[1].stop();
await calm(patience);
const load = await overloaded(servers[0], servers[0].scroll, seconds);
await servers[0].stop();

const row = (name) => `| ${name} | ${of(name, 'rps').toFixed(0)} | ${of(name, 'cpuMs').toFixed(3)} | ${of(name, 'p99Ms').toFixed(1)} |`;
const verdict = (isKept) => (isKept ? 'within' : '**over**');
const growth = load.crowded.p99Ms / load.full.p99Ms;
const page = `# What the transport costs

${cpus().length} cores, ${cpus()[0].model.trim()}. Server on core 0, \`wrk\` on core 1; median of ${rounds} interleaved rounds of ${seconds} s.

## W1 beside a bare handler over the same schema and database

| server | requests/s | ms of the core a request | p99 ms |
| --- | ---: | ---: | ---: |
${row('iconql')}
${row('bare-handler')}

Neither keeps anything. iconql answers ${(share * 100).toFixed(1)} % of what the bare handler does; at least ${LEAST_SHARE * 100} %: ${verdict(share >= LEAST_SHARE)}.

## More than can be answered

| connections | answered/s | shed/s | p50 ms | p99 ms of those answered |
| ---: | ---: | ---: | ---: | ---: |
${[load.full, load.crowded].map((at) => `| ${at.connections} | ${at.answered.toFixed(0)} | ${at.shed.toFixed(0)} | ${at.p50Ms.toFixed(1)} | ${at.p99Ms.toFixed(1)} |`).join('\n')}

Health answered in ${load.healthMs.toFixed(0)} ms at most meanwhile. p99 grew to ${growth.toFixed(2)} times; at most ${MOST_GROWTH}: ${verdict(growth <= MOST_GROWTH)}.
${runs.every((run) => run.isCalm) ? '' : '\nThe machine was not calm in every round: these figures are no evidence.\n'}`;
await writeFile(`${WORK}/../transport.md`, page);
console.log(page);
process.exitCode = share >= LEAST_SHARE && growth <= MOST_GROWTH ? 0 : 1;
