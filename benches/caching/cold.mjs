// W1 with nothing kept, beside pgbench with one client sending PostgreSQL the statements that iconql sends it for the same pages.
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { calm } from '../compare/machine.mjs';
import { measure, prepare } from '../compare/measure.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { verified } from '../compare/verify.mjs';
import { recordStatements } from './statements.mjs';

const CLIENT_CORE = '1';
const WARMING_SECONDS = 2;

const run = promisify(execFile);

/** `runs`: of each round the pages a second of both, {server, rps, calm}. `requests`: how many the client sent for each page. */
export async function whenCold({ program, asked, postgresUrl, work, rounds, seconds, patience }) {
  const kind = iconql(program, postgresUrl, `${work}/postgres`, { CACHE_ENABLED: 'false' });
  const script = `${work}/pages.sql`;
  let scroll;
  console.error('recording what iconql sends PostgreSQL');
  await recordStatements(postgresUrl, asked.scroll.length, script, async () => {
    const server = await start('recorded', kind, work);
    ({ scroll } = await verified(server, { ...asked, single: [], walks: new Map() }));
    await server.stop();
  });
  const workload = await prepare(scroll, `${work}/cold.requests`);
  // A connection logs statements for as long as it is open.
  const server = await start('cold', kind, work);
  const ways = {
    iconql: async () => {
      await measure(server, workload, Math.min(seconds, WARMING_SECONDS));
      return (await measure(server, workload, seconds)).rps;
    },
    pgbench: () => pgbench(postgresUrl, script, asked.scroll.length, seconds),
  };
  const runs = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, pagesASecond] of Object.entries(ways)) {
      const isCalm = await calm(patience);
      const rps = await pagesASecond();
      runs.push({ server: name, rps, calm: isCalm });
      console.error(`round ${round}  nothing kept  ${name.padEnd(7)}  ${rps.toFixed(0).padStart(6)}/s${isCalm ? '' : '  (not calm)'}`);
    }
  }
  await server.stop();
  return { runs, requests: scroll.requests.length / asked.scroll.length };
}

/**
 * Pages a second of one client that runs `script`, which reads so many `pages`, over and over.
 *
 * pgbench cannot vary a list, so that the lists stand in the statements, each of which is prepared once. That is to its advantage:
 * their plans are made in the first of its transactions, which does not count, and none afterwards.
 */
async function pgbench(databaseUrl, script, pages, seconds) {
  const folder = script.slice(0, script.lastIndexOf('/'));
  const options = ['-n', '-c', '1', '-j', '1', '-M', 'prepared', '-T', seconds, '-l', '--log-prefix=pgbench', '-f', script];
  await run('taskset', ['-c', CLIENT_CORE, 'pgbench', ...options.map(String), databaseUrl], { cwd: folder });
  const logs = (await readdir(folder)).filter((name) => /^pgbench\.\d+$/.test(name));
  const transactions = (await Promise.all(logs.map((name) => readFile(`${folder}/${name}`, 'utf8')))).join('').trimEnd().split('\n');
  await Promise.all(logs.map((name) => rm(`${folder}/${name}`)));
  const counted = transactions.slice(1).map((line) => Number(line.split(' ')[2]) / 1e6);
  if (counted.length === 0) throw new Error(`pgbench needs more than ${seconds} s`);
  return (pages * counted.length) / counted.reduce((sum, elapsed) => sum + elapsed, 0);
}
