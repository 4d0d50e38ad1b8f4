// One run of wrk against one server, and the check that it got the answers that were verified.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const CLIENT_CORE = '1';
const CONNECTIONS = 32;
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

/** Requests a second and latencies of `seconds` under load. */
export async function measure(server, { file, meanBytes, count }, seconds) {
  const options = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', wrkScript];
  const url = `http://127.0.0.1:${server.port}`;
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, 'wrk', ...options, url, '--', file]);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)[1]);
  const bytes = result.bytes / result.requests;
  // Errors come short, and GraphQL's with status 200: answers that differ in size from the verified ones are none.
  const tolerance = TOLERANCE + (TOLERANCE_OF_A_CYCLE * count) / result.requests;
  const asExpected = bytes >= meanBytes * (1 - tolerance) && bytes <= meanBytes * (1 + tolerance) + HEADER_BYTES;
  if (result.failed > 0 || !asExpected) {
    throw new Error(`${server.name} fails under load: ${JSON.stringify(result)}, expected ${Math.round(meanBytes)} bytes each`);
  }
  return { rps: result.requests / result.seconds, p50Ms: result.p50Ms, p99Ms: result.p99Ms };
}
