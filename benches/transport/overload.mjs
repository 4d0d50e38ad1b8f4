// A server under as much load as it works on at a time, and under ten times as much.
import { execFile } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { exchange } from '../compare/http.mjs';

const CLIENT_CORE = '1';
/** As many as the server works on at a time on one core. */
const CONNECTIONS = 32;
const TIMES = 10;
const HEALTH_EVERY_MS = 100;

const run = promisify(execFile);
const clients = new URL('clients.mjs', import.meta.url).pathname;

/** What comes of both loads, and the slowest answer to who asks for the server's health during the second. */
export async function overloaded(server, workload, seconds) {
  const full = await load(server, workload, CONNECTIONS, seconds);
  let isOver = false;
  const watching = watch(server, () => isOver);
  const crowded = await load(server, workload, CONNECTIONS * TIMES, seconds);
  isOver = true;
  return { full, crowded, healthMs: await watching };
}

async function load(server, { file }, connections, seconds) {
  const command = [process.execPath, clients, server.port, file, connections, seconds];
  const { stdout } = await run('taskset', ['-c', CLIENT_CORE, ...command.map(String)]);
  return { connections, ...JSON.parse(stdout) };
}

async function watch(server, isOver) {
  let slowest = 0;
  while (!isOver()) {
    const began = performance.now();
    await exchange(server.port, { method: 'GET', path: '/api/health/live', body: '' }, false);
    slowest = Math.max(slowest, performance.now() - began);
    await pause(HEALTH_EVERY_MS);
  }
  return slowest;
}
