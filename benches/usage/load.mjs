// Events put on a server by wrk, and on PostgreSQL alone by pgbench.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const CLIENT_CORE = '1';
/** Rows of one of pgbench's statements. */
const ROWS = 1000;

const run = promisify(execFile);
const script = new URL('usage.lua', import.meta.url).pathname;

let seed = 0;

/** Events a second that a server acknowledges, of `connections` clients that send `size` at a time, of some minutes ago. */
export async function record(server, names, { size, connections, seconds, minutesAgo = [1, 60] }) {
  seed += 1;
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', '-s', script];
  const url = `http://127.0.0.1:${server.port}`;
  const parameters = [names, String(size), String((Date.now() % 1e9) + seed), ...minutesAgo.map(String)];
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, 'wrk', ...options, url, '--', ...parameters]);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(stdout)[1]);
  if (result.failed > 0) throw new Error(`${server.name} does not record: ${JSON.stringify(result)}`);
  return { eventsPerSecond: (result.requests * size) / result.seconds, p50Ms: result.p50Ms, p99Ms: result.p99Ms };
}

/** Events a second of one client that inserts the same rows by statements of a thousand, into the same tables, and nothing else. */
export async function insertBare(url, folder, seconds) {
  const file = `${folder}/bare.sql`;
  await writeFile(file, bareStatements());
  const options = ['-n', '-c', '1', '-j', '1', '-M', 'simple', '-T', String(seconds), '-f', file];
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, 'pgbench', ...options, url]);
  return { eventsPerSecond: Number(/^tps = ([\d.]+)/m.exec(stdout)[1]) * ROWS };
}

/** One transaction. Ids are made by the server, as nothing in a script is new each time. */
function bareStatements() {
  const now = Date.now();
  const rows = Array.from({ length: ROWS }, (_, place) => {
    const values = [now - place * 50, 3_841_518_056_670_091_888n + BigInt(place), 1 + (place % 5), 1, "'DE'", "'web/2.0'", 1e15 + place, 2e15 + place];
    return `(${values.join(', ')}, gen_random_uuid())`;
  });
  const ids = Array.from({ length: ROWS }, () => '(gen_random_uuid(), 20000)');
  return [
    'BEGIN;',
    `INSERT INTO usage_event_id (id, day) VALUES ${ids.join(', ')};`,
    `INSERT INTO usage_event (occurred_ms, icon, kind, device, country, client, user_hash, session_hash, id) VALUES ${rows.join(', ')};`,
    'COMMIT;',
  ].join('\n');
}
