// The servers under measurement: how each is started, and that it is gone at the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import * as dialects from './dialects.mjs';
import { exchange } from './http.mjs';
import { freePort } from './machine.mjs';

const SERVER_CORE = '0';
/** The Iconify API reads every set before it answers, iconql makes its index at the first start. */
const START_SECONDS = 900;

const get = (path) => ({ method: 'GET', path, body: '' });
const anyQuery = { method: 'POST', path: '/graphql', body: '{"query":"{ __typename }"}' };

/** The ways in which iconql is measured, and what they are called in tables. */
export const OURS = {
  'iconql-postgres': 'PostgreSQL',
  'iconql-sqlite': 'SQLite',
  'iconql-joined': 'SQLite, no whole answers kept',
  'iconql-uncached': 'PostgreSQL, nothing kept',
};

/** iconql over a database, with its search index in `dataFolder`, and `settings` of its own. */
export function iconql(program, databaseUrl, dataFolder, settings = {}) {
  return {
    dialect: dialects.iconql,
    command: [program, 'serve'],
    ready: get('/api/health/ready'),
    environment: (port) => ({
      LISTEN: `127.0.0.1:${port}`,
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataFolder,
      ENVIRONMENT: 'production',
      RATE_LIMIT_ENABLED: 'false',
      ...settings,
    }),
  };
}

/** One of the programs in `peersFolder`. */
function peer(peersFolder, file, dialect, ready, environment) {
  return {
    dialect,
    command: [process.execPath, '--expose-gc', `${peersFolder}/${file}.mjs`],
    ready,
    environment: (port) => ({ PORT: port, HOST: '127.0.0.1', NODE_ENV: 'production', ...environment }),
  };
}

/** The Iconify API, which keeps files of its own in `folder`. */
export function iconifyApi(peersFolder, folder) {
  return peer(peersFolder, 'iconify-api', dialects.iconifyApi, get('/mdi.json?icons=home'), { CACHE_ROOT_DIR: folder });
}

/** Every server by name. `ready` is a request that it answers with 200 once it is up. */
export function known({ program, postgresUrl, sqliteFile, peersUrl, peersFolder, work }) {
  const graphql = (file, dialect) =>
    peer(peersFolder, file, dialect, anyQuery, { DATABASE_URL: peersUrl, GRAPHILE_ENV: 'production' });
  return {
    'iconql-postgres': iconql(program, postgresUrl, `${work}/iconql-postgres`),
    'iconql-sqlite': iconql(program, `sqlite://${sqliteFile}`, `${work}/iconql-sqlite`),
    'iconql-joined': iconql(program, `sqlite://${sqliteFile}`, `${work}/iconql-joined`, { RESPONSE_CACHE_ENABLED: 'false' }),
    'iconql-uncached': iconql(program, postgresUrl, `${work}/iconql-uncached`, { CACHE_ENABLED: 'false' }),
    apollo: graphql('apollo', dialects.handWritten),
    yoga: graphql('yoga', dialects.handWritten),
    postgraphile: graphql('postgraphile', dialects.postgraphile),
    'iconify-api': iconifyApi(peersFolder, `${work}/iconify-api`),
  };
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** Starts a server on the servers' core, or on any where `pinned` is false, and waits until it answers. */
export async function start(name, kind, work, pinned = true) {
  const port = await freePort();
  await mkdir(work, { recursive: true });
  const log = await open(`${work}/${name}.log`, 'w');
  const command = pinned ? ['taskset', '-c', SERVER_CORE, ...kind.command] : kind.command;
  const environment = { PATH: process.env.PATH, HOME: process.env.HOME, ...kind.environment(port) };
  const began = performance.now();
  // taskset becomes the program that it starts, so the process is the server itself.
  const child = spawn(command[0], command.slice(1), { cwd: work, env: environment, stdio: ['ignore', log.fd, log.fd] });
  running.add(child);
  child.on('error', () => {});
  const ended = once(child, 'exit').then(() => running.delete(child), () => running.delete(child));
  while (!(await answers(port, kind.ready))) {
    if (!running.has(child) || performance.now() - began > START_SECONDS * 1000) {
      throw new Error(`${name} does not start; see ${work}/${name}.log`);
    }
    // A hundredth of what it took so far: close enough for who measures the start, and no load on one that takes long.
    await pause(Math.max(1, (performance.now() - began) / 100));
  }
  const readyMs = performance.now() - began;
  await log.close();
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(late);
  };
  return { name, dialect: kind.dialect, port, pid: child.pid, readyMs, stop };
}

async function answers(port, ask) {
  try {
    await exchange(port, ask, false);
    return true;
  } catch {
    return false;
  }
}
