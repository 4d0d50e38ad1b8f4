// What the program hit-rate says, as figures.
import { spawn } from 'node:child_process';

/** {popular, all, best} in percent, as `program` finds them for the icons of a SQLite file. */
export async function hitRate(program, sqliteFile) {
  console.error('looking up a day of icons');
  const child = spawn(program, [sqliteFile], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [popular, all, best] = [...text.matchAll(/\| ([\d.]+) %/g)].map(([, share]) => Number(share));
  if (best === undefined) throw new Error(`hit-rate says nothing: ${text}`);
  return { popular, all, best };
}
