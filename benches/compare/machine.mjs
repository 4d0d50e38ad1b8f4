// The machine under the measurement: whether it is calm, what a process holds and has used, a free port, how long a start takes.
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const COMPILERS = new Set(['rustc', 'cargo', 'clippy-driver', 'cc1', 'cc1plus', 'ld', 'rust-lld', 'cargo-clippy']);
const IDLE_SHARE = 0.9;
/** The kernel counts in hundredths of a second on every machine that Node.js runs on. */
const MS_PER_TICK = 10;

/** Waits until nobody compiles and nearly nothing runs. False where that took longer than `seconds`. */
export async function calm(seconds) {
  const deadline = Date.now() + seconds * 1000;
  let told = false;
  for (;;) {
    const busy = (await compilers()) || (await busyShare());
    if (!busy) return true;
    if (Date.now() >= deadline) return false;
    if (!told) console.error(`  waiting for a calm machine: ${busy}`);
    told = true;
  }
}

async function compilers() {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')));
  const found = names.map((name) => name.trim()).find((name) => COMPILERS.has(name));
  if (found) await pause(1000);
  return found && `${found} runs`;
}

async function busyShare() {
  const before = await cpuTimes();
  await pause(1000);
  const after = await cpuTimes();
  const idle = (after.idle - before.idle) / (after.total - before.total);
  return idle < IDLE_SHARE && `${Math.round(idle * 100)} % idle`;
}

async function cpuTimes() {
  const times = (await readFile('/proc/stat', 'utf8')).split('\n', 1)[0].split(/\s+/).slice(1, 9).map(Number);
  return { idle: times[3] + times[4], total: times.reduce((sum, time) => sum + time, 0) };
}

/** Resident memory of a process, in megabytes. */
export function residentMb(pid) {
  return statusMb(pid, /^VmRSS:\s+(\d+) kB$/m);
}

/** The most that it ever was. */
export function peakResidentMb(pid) {
  return statusMb(pid, /^VmHWM:\s+(\d+) kB$/m);
}

async function statusMb(pid, line) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(line.exec(status)[1]) * 1024) / 1e6;
}

/** Milliseconds that a process has had of the processor. */
export async function cpuMs(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
