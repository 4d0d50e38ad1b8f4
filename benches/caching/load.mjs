// Load at a fixed rate on one server, and how much of it there is to be.
import { spawn } from 'node:child_process';
import { measure } from '../compare/measure.mjs';

const CLIENT_CORE = '1';
/** Enough that requests wait in the server and not here. */
const CONNECTIONS = 128;
const CONNECTIONS_AT_MOST = 32;
/** Of what the client can ask at most, what it asks without being late itself. */
const SHARE_OF_CLIENT = 0.7;
/** By how much the mean size of answers may differ from that of the verified ones: GraphQL's errors come with status 200. */
const TOLERANCE = 0.03;

const arrivals = new URL('arrivals.mjs', import.meta.url).pathname;

/** Half of what the server answers a second at most, or as much of it as the client here can ask. */
export async function halfLoad(server, workload, seconds) {
  const most = (await measure(server, workload, seconds)).rps;
  const asked = begin(server, workload, { rate: 0, seconds, connections: CONNECTIONS_AT_MOST });
  const client = (await asked.figures).rps;
  const rate = Math.floor(Math.min(most / 2, client * SHARE_OF_CLIENT));
  return { most, client, rate, isHalf: rate >= Math.floor(most / 2) };
}

/** Begins to ask `rate` times a second; `stop` ends that before the `seconds` are over, `figures` comes at the end. */
export function begin(server, workload, { rate, seconds, connections = CONNECTIONS }) {
  const command = ['-c', CLIENT_CORE, process.execPath, arrivals, server.port, workload.file, connections, rate, seconds];
  const child = spawn('taskset', command.map(String), { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  const figures = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(checked(server, workload, JSON.parse(text))) : reject(new Error(`arrivals.mjs ends with ${code}`))));
  });
  return { stop: () => child.stdin.end(), figures };
}

function checked(server, workload, figures) {
  const share = figures.meanBytes / workload.meanBytes;
  if (!(Math.abs(share - 1) <= TOLERANCE)) {
    throw new Error(`${server.name} answers otherwise under load: ${JSON.stringify(figures)}, expected ${Math.round(workload.meanBytes)} bytes each`);
  }
  return figures;
}
