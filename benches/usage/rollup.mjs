// A day of events, rolled up by a server that records others meanwhile.
import { setTimeout as pause } from 'node:timers/promises';
import { iconql, start } from '../compare/servers.mjs';
import { record } from './load.mjs';

const CONNECTIONS = 16;
const SIZE = 500;
/** Never, as long as this lasts. */
const SELDOM = '86400';

/** Records `events` of one day, and has them rolled up, alone and while others are recorded. */
export async function rollUp({ program, url, names, work, events, quietRate }) {
  const settings = (interval) => ({ ENVIRONMENT: 'development', ANALYTICS_PROCESSING_INTERVAL: interval });
  const recorder = await start('rollup-recorder', iconql(program, url, `${work}/rollup`, settings(SELDOM)), work, false);
  // Hour after hour, as they come in life.
  let recorded = 0;
  for (let hour = 24; hour > 0; hour -= 1) {
    const seconds = Math.max(1, Math.round(events / 24 / quietRate));
    const load = { size: SIZE, connections: CONNECTIONS, seconds, minutesAgo: [hour * 60 - 59, hour * 60] };
    recorded += Math.round((await record(recorder, names, load)).eventsPerSecond * seconds);
  }
  await recorder.stop();
  const server = await start('rollup', iconql(program, url, `${work}/rollup`, settings('1')), work, false);
  const began = performance.now();
  const beside = record(server, names, { size: SIZE, connections: CONNECTIONS, seconds: 60 });
  // What wrk was told of, not what it had just sent when it ended.
  while ((await rolledUp(server)) < recorded * 0.999) {
    await pause(200);
    if (performance.now() - began > 600_000) throw new Error('the roll-up does not end');
  }
  const seconds = (performance.now() - began) / 1000;
  const { eventsPerSecond } = await beside;
  await server.stop();
  return { events: recorded, seconds, besideEventsPerSecond: eventsPerSecond };
}

async function rolledUp(server) {
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  return Number(/^usage_rolled_up_total (\d+)/m.exec(text)?.[1] ?? 0);
}
