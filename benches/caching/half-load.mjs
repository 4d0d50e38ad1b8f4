// W1 at half of what a server can answer, at a fixed rate: when nothing else happens, while every set is imported, and while
// Redis is killed and comes back empty.
import { copyFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { calm } from '../compare/machine.mjs';
import { measure, prepare } from '../compare/measure.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { verified } from '../compare/verify.mjs';
import { importNiced } from './changed.mjs';
import { begin, halfLoad } from './load.mjs';
import { startRedis } from './redis.mjs';

const WARMING_SECONDS = 2;
/** An import that takes longer ends the whole: the machine is not what it was thought to be. */
const LONGEST_IMPORT_SECONDS = 600;

/**
 * For each of our servers `rounds` of {server, phase, p50Ms, p99Ms, failed, lateP99Ms, calm, …}, with the load in `loads`.
 * `sources` are two folders of the same sets that differ in every set.
 */
export async function atHalfLoad({ program, asked, sources, sqliteFile, postgresUrl, work, rounds, seconds, patience }) {
  // Its own, as it is written to.
  const file = `${work}/changing.db`;
  await copyFile(sqliteFile, file);
  const redis = await startRedis();
  const setups = [
    { name: 'SQLite', url: `sqlite://${file}`, settings: {} },
    { name: 'PostgreSQL and Redis', url: postgresUrl, settings: { REDIS_URL: redis.url }, redis },
  ];
  const [runs, loads] = [[], []];
  for (const { name, url, settings, redis } of setups) {
    const server = await start(name, iconql(program, url, `${work}/${redis ? 'postgres' : 'sqlite'}`, settings), work);
    console.error(`verifying ${name}`);
    const { scroll } = await verified(server, { ...asked, single: [], walks: new Map() });
    const workload = await prepare(scroll, `${work}/half-load.requests`);
    await calm(patience);
    await measure(server, workload, WARMING_SECONDS);
    const load = await halfLoad(server, workload, seconds);
    loads.push({ server: name, ...load });
    const phases = {
      quiet: (asking) => asking.figures,
      import: (asking, round) => importing(asking, program, sources[round % 2], url),
      ...(redis && { Redis: (asking) => killing(asking, redis, seconds) }),
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const [phase, during] of Object.entries(phases)) {
        const isCalm = await calm(patience);
        await measure(server, workload, WARMING_SECONDS);
        const lasts = phase === 'import' ? LONGEST_IMPORT_SECONDS : seconds;
        const figures = await during(begin(server, workload, { rate: load.rate, seconds: lasts }), round);
        runs.push({ server: name, phase, ...figures, calm: isCalm });
        const { p50Ms, p99Ms, lateP99Ms, answered, failures } = figures;
        console.error(
          `round ${round + 1}  ${name.padEnd(20)}  ${phase.padEnd(6)}  ${load.rate}/s  p50 ${p50Ms.toFixed(2)} p99 ${p99Ms.toFixed(2)} ms  ` +
            `answered ${answered} failed ${JSON.stringify(failures)}  client late by ${lateP99Ms.toFixed(2)} ms${isCalm ? '' : '  (not calm)'}`,
        );
      }
    }
    await server.stop();
  }
  await redis.kill();
  return { runs, loads };
}

async function importing(asking, program, folder, url) {
  const importSeconds = await importNiced(program, folder, url, LONGEST_IMPORT_SECONDS);
  asking.stop();
  return { ...(await asking.figures), importSeconds };
}

async function killing(asking, redis, seconds) {
  await pause((seconds * 1000) / 3);
  await redis.kill();
  await pause((seconds * 1000) / 3);
  await redis.restart();
  return asking.figures;
}
