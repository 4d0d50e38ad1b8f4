// One run of wrk against one server, and the check that it got the answers that were verified.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { cpuMs } from './machine.mjs';

const CLIENT_CORE = '1';
const CONNECTIONS = 32;
/** More than sending every request once takes. */
const LONGEST_SECONDS = 120;
/** Most bytes of an answer's headers. */
const HEADER_BYTES = 2000;
/** By how much the mean size of answers may differ, and by how much more for a cycle of requests that is not complete. */
const TOLERANCE = 0.03;
const TOLERANCE_OF_A_CYCLE = 0.3;

const run = promisify(execFile);
const wrkScript = new URL('wrk.lua', import.meta.url).pathname;

/** Writes the requests of a workload where wrk reads them. */
export async function prepare(workload, file) {
  const lines = workload.requests.map(({ method, path, body }) => `${method}\t${path}\t${body}\n`);
  await writeFile(file, lines.join(''));
  return { file, meanBytes: workload.meanBytes, count: lines.length };
}

/** Requests a second, the server's processor time a request and latencies of `seconds` under load, the requests sent in turn. */
export function measure(server, workload, seconds) {
  return load(server, workload, [`-d${seconds}s`], []);
}

/** The same of sending each request once. */
export function measureOnce(server, workload) {
  return load(server, workload, [`-d${LONGEST_SECONDS}s`], ['once']);
}

async function load(server, { file, meanBytes, count }, duration, mode) {
  const options = ['-t1', `-c${CONNECTIONS}`, ...duration, '--timeout', '10s', '--latency', '-s', wrkScript];
  const url = `http://127.0.0.1:${server.port}`;
  const cpuBefore = await cpuMs(server.pid);
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, 'wrk', ...options, url, '--', file, ...mode]);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)[1]);
  const cpu = (await cpuMs(server.pid)) - cpuBefore;
  const bytes = result.bytes / result.requests;
  // Errors come short, and GraphQL's with status 200: answers that differ in size from the verified ones are none.
  const tolerance = TOLERANCE + (TOLERANCE_OF_A_CYCLE * count) / result.requests;
  const asExpected = bytes >= meanBytes * (1 - tolerance) && bytes <= meanBytes * (1 + tolerance) + HEADER_BYTES;
  if (result.failed > 0 || !asExpected) {
    throw new Error(`${server.name} fails under load: ${JSON.stringify(result)}, expected ${Math.round(meanBytes)} bytes each`);
  }
  const { meanMs, p50Ms, p99Ms } = result;
  return { rps: result.requests / result.seconds, cpuMs: cpu / result.requests, meanMs, p50Ms, p99Ms };
}
