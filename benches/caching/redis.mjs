// A Redis of one's own, to be killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../compare/machine.mjs';

/** A Redis that keeps nothing on disk. `kill` ends it as kill -9 does, `restart` starts an empty one on the same port. */
export async function startRedis() {
  const port = await freePort();
  let child = await run(port);
  const kill = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  return { url: `redis://127.0.0.1:${port}`, kill, restart: async () => (child = await run(port)) };
}

async function run(port) {
  const options = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--databases', '1', '--daemonize', 'no'];
  // It ends with this program, however that ends.
  const command = ['--pdeathsig', 'KILL', 'redis-server', ...options.map(String)];
  const child = spawn('setpriv', command, { cwd: process.env.WORK, stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('Redis does not start')));
    child.stdout.on('data', (chunk) => chunk.includes('Ready to accept connections') && resolve());
  });
  return child;
}
