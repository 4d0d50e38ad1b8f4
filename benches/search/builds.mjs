// What it takes to make the search index.
import { readdir, rm, stat } from 'node:fs/promises';
import { calm } from '../compare/machine.mjs';
import { iconql, start } from '../compare/servers.mjs';

/**
 * Starts iconql `rounds` times without an index, on every core, and gives the seconds from the start until it can search
 * with the megabytes of what it made; the last index stays in `dataFolder`.
 */
export async function builds(name, program, databaseUrl, dataFolder, { rounds, work, patience }) {
  const made = [];
  for (let round = 0; round < rounds; round += 1) {
    await rm(dataFolder, { recursive: true, force: true });
    const before = await calm(patience);
    const server = await start(name, iconql(program, databaseUrl, dataFolder), work, false);
    const isCalm = before && (await calm(0));
    made.push({ server: name, seconds: server.readyMs / 1000, megabytes: (await bytesIn(`${dataFolder}/search`)) / 1e6, calm: isCalm });
    await server.stop();
    console.error(`${name}: index in ${made.at(-1).seconds.toFixed(1)} s, ${made.at(-1).megabytes.toFixed(0)} MB`);
  }
  return made;
}

async function bytesIn(folder) {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map((file) => stat(`${folder}/${file}`)));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
