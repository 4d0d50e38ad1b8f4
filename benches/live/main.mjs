// Who follows the service live; live.sh prepares what is needed and says where that is:
//
//   ICONQL, CLIENTS, WORK, SUBSCRIBERS, ROUNDS, DURATION (seconds), CALM_WAIT (seconds)
//
// 1. Many sockets, each with a snapshot a second: the processor's time, and whether snapshots come later and later.
// 2. The same beside one that asks for much and takes nothing: what that changes for the others.
// 3. All of them gone at once: how long it takes until nothing is left of them.
import { rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { calm, cpuMs, median, residentMb } from '../compare/machine.mjs';
import { exchange } from '../compare/http.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { real } from './real.mjs';
import { stalled } from './socket.mjs';
import { subscribers } from './subscribers.mjs';

const { ICONQL, CLIENTS, WORK } = process.env;
const count = Number(process.env.SUBSCRIBERS);
const rounds = Number(process.env.ROUNDS);
const seconds = Number(process.env.DURATION);
const patience = Number(process.env.CALM_WAIT);

const INTERVAL_MS = 1000;
/** Of one core, for all who follow. */
const MOST_SHARE = 0.15;
/** By how much the last snapshot may be later than its number says, against the first: what is late by turns is so by the median of nobody. */
const MOST_DRIFT_MS = 10;
/** Megabytes that one who takes nothing may cost. */
const MOST_STALLED_MB = 16;
/** Until nothing is left of those who are gone. */
const MOST_GONE_SECONDS = 10;

await rm(`${WORK}/live.db`, { force: true });
const settings = {
  // Who comes from this machine may see everything.
  ENVIRONMENT: 'development',
  WEBSOCKET_MAX_CONNECTIONS: String(2 * count),
  WEBSOCKET_MAX_CONNECTIONS_PER_CLIENT: String(2 * count),
  MAX_CONNECTIONS_PER_CLIENT: String(4 * count),
  // For the one who asks for much.
  MAX_ALIASES: '200',
};
const server = await start('iconql', iconql(ICONQL, `sqlite://${WORK}/live.db`, `${WORK}/iconql`, settings), WORK);

const runs = [];
for (let round = 1; round <= rounds; round += 1) {
  for (const beside of ['nobody', 'one that stalls']) {
    const isCalm = await calm(patience);
    const run = { beside, isCalm, ...(await follow(beside !== 'nobody')) };
    runs.push(run);
    const { share, driftMs, ticks, grownMb, dropped, goneSeconds } = run;
    console.error(
      `round ${round}  beside ${beside.padEnd(16)}  ${(share * 100).toFixed(1)} % of a core  drift ${driftMs.toFixed(0)} ms  ${ticks} snapshots  ` +
        `+${grownMb.toFixed(1)} MB  ${dropped} dropped  gone in ${goneSeconds.toFixed(1)} s${isCalm ? '' : '  (not calm)'}`,
    );
  }
}
await server.stop();

const of = (beside, what) => median(runs.filter((run) => run.beside === beside).map((run) => run[what]));
const most = (what) => Math.max(...runs.map((run) => run[what]));
const least = (what) => Math.min(...runs.map((run) => run[what]));
const [alone, stalledBeside] = ['nobody', 'one that stalls'];
const percent = (share) => `${(share * 100).toFixed(1)} %`;
const ms = (value) => `${value.toFixed(0)} ms`;
const limits = [
  [`${count} sockets with a snapshot a second, of one core`, `< ${percent(MOST_SHARE)}`, percent(of(alone, 'share')), of(alone, 'share') < MOST_SHARE],
  ['the last snapshot later than its number says, median of all', `< ${ms(MOST_DRIFT_MS)}`, ms(of(alone, 'driftMs')), Math.abs(of(alone, 'driftMs')) < MOST_DRIFT_MS],
  ['the same beside one that takes nothing', `< ${ms(MOST_DRIFT_MS)}`, ms(of(stalledBeside, 'driftMs')), Math.abs(of(stalledBeside, 'driftMs')) < MOST_DRIFT_MS],
  ['snapshots that were missed, of any', '0', String(most('missed')), most('missed') === 0],
  ['memory that the one who takes nothing costs', `< ${MOST_STALLED_MB} MB`, `${of(stalledBeside, 'grownMb').toFixed(1)} MB`, of(stalledBeside, 'grownMb') < MOST_STALLED_MB],
  ['snapshots that were dropped for it', '> 0', String(of(stalledBeside, 'dropped')), of(stalledBeside, 'dropped') > 0 && of(alone, 'dropped') === 0],
  ['graphql-ws, snapshots of a run', `≥ ${seconds - 1}`, String(least('ofClient')), least('ofClient') >= seconds - 1],
  ['all gone at once: nothing left of them', `< ${MOST_GONE_SECONDS} s`, `${most('goneSeconds').toFixed(1)} s`, most('goneSeconds') < MOST_GONE_SECONDS],
];
const page = `# Followed live

${cpus().length} cores, ${cpus()[0].model.trim()}. Server on core 0, sockets on core 1; medians of ${rounds} rounds of ${seconds} s.

| what | limit | measured | |
| --- | ---: | ---: | --- |
${limits.map(([what, limit, measured, isMet]) => `| ${what} | ${limit} | ${measured} | ${isMet ? 'met' : '**missed**'} |`).join('\n')}

The one that takes nothing, and what is dropped for it, takes ${percent(of(stalledBeside, 'share') - of(alone, 'share'))} of a core.
${runs.every((run) => run.isCalm) ? '' : '\nThe machine was not calm in every round: these figures are no evidence.\n'}`;
await writeFile(`${WORK}/../live.md`, page);
await writeFile(`${WORK}/../live.json`, JSON.stringify({ limits, runs }, undefined, 2));
console.log(page);
process.exit(limits.every(([, , , isMet]) => isMet) ? 0 : 1);

/** One run: everybody comes, stays for the seconds of a run, and is gone at once. */
async function follow(isStalledBeside) {
  const crowd = await subscribers(server.port, count, INTERVAL_MS);
  const client = await real(CLIENTS, server.port, INTERVAL_MS);
  const droppedBefore = await figure('subscription_events_dropped_total');
  const residentBefore = residentMb(server.pid);
  const one = isStalledBeside ? await stalled(server.port) : undefined;
  const [cpuBefore, began] = [await cpuMs(server.pid), performance.now()];
  const ticks = await crowd.run(seconds);
  const share = ((await cpuMs(server.pid)) - cpuBefore) / (performance.now() - began);
  const grownMb = (await residentMb(server.pid)) - (await residentBefore);
  const dropped = (await figure('subscription_events_dropped_total')) - droppedBefore;
  const ofClient = await client.end();
  one?.destroy();
  crowd.kill();
  return { share, grownMb, dropped, ofClient, goneSeconds: await untilGone(), ...ticks };
}

async function untilGone() {
  const began = performance.now();
  while ((await figure('subscriptions_active')) > 0) {
    if (performance.now() - began > 60_000) throw new Error('subscriptions are left of sockets that are gone');
  }
  return (performance.now() - began) / 1000;
}

/** What a figure without labels is. */
async function figure(name) {
  const text = (await exchange(server.port, { method: 'GET', path: '/metrics', body: '' }, false)).toString();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)[1]);
}
