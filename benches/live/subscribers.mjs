// Many who follow, in a process of their own on the second core: PORT COUNT INTERVAL_MS, and the messages below.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { median } from '../compare/machine.mjs';
import { listen, opened, send } from './socket.mjs';

const CLIENT_CORE = '1';
/** Sockets that are opened at a time. */
const AT_A_TIME = 50;

const QUERY = `subscription($every: Int!) { liveMetrics(intervalMs: $every) { at instance requestsPerSecond errorRate p50Ms p95Ms p99Ms inFlight
  subscribers cpuShare residentBytes pool { max open idle waiting acquireP99Ms } } }`;

/** `count` sockets that follow. `run` waits and says how their snapshots came, `kill` ends all of them at once. */
export async function subscribers(port, count, everyMs) {
  const command = ['-c', CLIENT_CORE, process.execPath, fileURLToPath(import.meta.url), port, count, everyMs];
  const child = spawn('taskset', command.map(String), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([status]) => {
    throw new Error(`those who follow ended: ${status}`);
  });
  ended.catch(() => {});
  const told = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  process.on('exit', () => child.kill('SIGKILL'));
  await told();
  return {
    run: async (seconds) => {
      child.send(seconds);
      return told();
    },
    kill: () => child.kill('SIGKILL'),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await follow(...process.argv.slice(2).map(Number));

async function follow(port, count, everyMs) {
  /** When each snapshot of each socket was taken, by the server's clock. */
  const taken = Array.from({ length: count }, () => []);
  for (let first = 0; first < count; first += AT_A_TIME) {
    const places = Array.from({ length: Math.min(AT_A_TIME, count - first) }, (_, place) => first + place);
    await Promise.all(places.map((place) => subscribe(port, everyMs, taken[place])));
  }
  process.send('all follow');
  const [seconds] = await once(process, 'message');
  for (const times of taken) times.length = 0;
  await pause(seconds * 1000);
  const expected = Math.floor((seconds * 1000) / everyMs);
  const drifts = taken.map((times) => times.at(-1) - times[0] - Math.round((times.at(-1) - times[0]) / everyMs) * everyMs);
  const missed = taken.map((times) => Math.round((times.at(-1) - times[0]) / everyMs) + 1 - times.length);
  process.send({
    driftMs: median(drifts),
    worstDriftMs: Math.max(...drifts.map(Math.abs)),
    missed: missed.reduce((sum, one) => sum + Math.max(one, 0), 0) + taken.filter((times) => times.length < expected - 1).length,
    ticks: taken.reduce((sum, times) => sum + times.length, 0),
  });
  await once(process, 'disconnect');
}

/** Follows, and returns with the first snapshot. */
async function subscribe(port, everyMs, times) {
  const socket = await opened(port);
  const first = new Promise((resolve) => {
    listen(socket, (message) => {
      const at = message.indexOf('"at":"');
      if (at < 0) throw new Error(`no snapshot: ${message}`);
      times.push(Date.parse(message.toString('latin1', at + 6, message.indexOf('"', at + 6))));
      resolve();
    });
  });
  send(socket, { id: '1', type: 'subscribe', payload: { query: QUERY, variables: { every: everyMs } } });
  await first;
}
