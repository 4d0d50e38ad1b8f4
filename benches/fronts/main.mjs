// Persisted GETs of iconql beside the same bytes from nginx, and beside the Iconify API where it can answer the same; fronts.sh
// prepares what it needs and says where that is:
//
//   ICONQL, ICONS, SQLITE_FILE, PEERS_FOLDER, WORK, ROUNDS, DURATION and CALM_WAIT (seconds)
//
// Ends with status 1 where a limit is missed.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { cpus } from 'node:os';
import { exchange } from '../compare/http.mjs';
import { calm, median } from '../compare/machine.mjs';
import { measure, prepare } from '../compare/measure.mjs';
import { writeMedians } from '../compare/medians.mjs';
import { iconifyApi, iconql, start } from '../compare/servers.mjs';
import { workloads } from '../compare/workloads.mjs';
import { nginx } from './nginx.mjs';

const { ICONQL, ICONS, SQLITE_FILE, PEERS_FOLDER, WORK } = process.env;
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const patience = Number(process.env.CALM_WAIT);

/** What is asked, and how much of the others' requests a second is to be reached at least. */
const LIMITS = {
  scroll: { what: '50 icons with set and licence', limits: { nginx: 0.6 } },
  single: { what: 'one icon', limits: { nginx: 0.6, 'iconify-api': 1.2 } },
};

await mkdir(WORK, { recursive: true });
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const asked = await workloads(ICONS);
const folder = `${WORK}/www`;
const servers = {
  iconql: await start('iconql', iconql(ICONQL, `sqlite://${SQLITE_FILE}`, `${WORK}/iconql`), WORK),
  nginx: await start('nginx', nginx(folder, WORK), WORK),
  'iconify-api': await start('iconify-api', iconifyApi(PEERS_FOLDER, `${WORK}/iconify-api`), WORK),
};
const sent = {};
for (const workload of Object.keys(LIMITS)) {
  sent[workload] = await persisted(workload);
}

const runs = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const [workload, requests] of Object.entries(sent)) {
    for (const [name, requested] of Object.entries(requests)) {
      const isCalm = await calm(patience);
      await measure(servers[name], requested, 1);
      const run = { workload, name, isCalm, ...(await measure(servers[name], requested, seconds)) };
      runs.push(run);
      console.error(`round ${round}  ${workload.padEnd(6)}  ${name.padEnd(11)}  ${run.rps.toFixed(0).padStart(6)}/s  p99 ${run.p99Ms.toFixed(2)} ms`);
    }
  }
}
for (const server of Object.values(servers)) await server.stop();

const of = (workload, name, figure) =>
  median(runs.filter((run) => run.workload === workload && run.name === name).map((run) => run[figure]));
const missed = [];
const lines = Object.entries(LIMITS).flatMap(([workload, { what, limits }]) =>
  Object.keys(sent[workload]).map((name) => {
    const ratio = of(workload, 'iconql', 'rps') / of(workload, name, 'rps');
    const isMissed = limits[name] > ratio;
    if (isMissed) missed.push(`${what}: ${ratio.toFixed(2)} × ${name}, at least ${limits[name]}`);
    const bar = limits[name] ? `${ratio.toFixed(2)} × (at least ${limits[name]})${isMissed ? ' **missed**' : ''}` : '';
    return `| ${what} | ${name} | ${of(workload, name, 'rps').toFixed(0)} | ${(of(workload, name, 'cpuMs') * 1000).toFixed(1)} | ${of(workload, name, 'p99Ms').toFixed(2)} | ${bar} |`;
  }),
);
const page = `# What is asked for again

${cpus().length} cores, ${cpus()[0].model.trim()}. Server on core 0, \`wrk\` on core 1; median of ${rounds} interleaved rounds of ${seconds} s.

| | server | requests/s | µs of the core a request | p99 ms | iconql over it |
| --- | --- | ---: | ---: | ---: | ---: |
${lines.join('\n')}
${runs.every((run) => run.isCalm) ? '' : '\nThe machine was not calm in every round: these figures are no evidence.\n'}`;
await writeFile(`${WORK}/../fronts.md`, page);
await writeMedians(`${WORK}/../fronts.json`, runs.map(({ name, ...run }) => ({ server: name, ...run })));
console.log(page);
missed.forEach((line) => console.error(`missed: ${line}`));
process.exitCode = missed.length > 0 ? 1 : 0;

/** The requests of a workload, for each server that can answer them, once iconql has the document and nginx the bytes. */
async function persisted(workload) {
  const items = asked[workload];
  const dialect = servers.iconql.dialect;
  const urls = [];
  for (const item of items) {
    const { query, variables } = JSON.parse(dialect[workload].ask(item).body);
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    if (urls.length === 0) {
      const body = JSON.stringify({ query, variables, extensions });
      await exchange(servers.iconql.port, { method: 'POST', path: '/graphql', body }, agent);
    }
    const parameters = new URLSearchParams({ extensions: JSON.stringify(extensions), variables: JSON.stringify(variables) });
    urls.push(`/graphql?${parameters}`);
  }
  await mkdir(`${folder}/${workload}`, { recursive: true });
  let bytes = 0;
  for (const [place, path] of urls.entries()) {
    const body = await exchange(servers.iconql.port, { method: 'GET', path, body: '' }, agent);
    if (JSON.parse(body).errors) throw new Error(`iconql answers ${path} with errors: ${body}`);
    await writeFile(`${folder}/${workload}/${place}.json`, body);
    bytes += body.length;
  }
  const meanBytes = bytes / urls.length;
  const get = (path) => ({ method: 'GET', path, body: '' });
  const written = (name, requests, mean) => prepare({ requests, meanBytes: mean }, `${WORK}/${name}-${workload}.requests`);
  const requests = {
    iconql: await written('iconql', urls.map(get), meanBytes),
    nginx: await written('nginx', urls.map((_, place) => get(`/${workload}/${place}.json`)), meanBytes),
  };
  if (workload === 'single') {
    const ask = servers['iconify-api'].dialect.single.ask;
    const gets = asked.single.map((name) => ask(name));
    const lengths = [];
    for (const request of gets) lengths.push((await exchange(servers['iconify-api'].port, request, agent)).length);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    requests['iconify-api'] = await written('iconify-api', gets, mean);
  }
  return requests;
}
