// The catalog a second time with one icon of every set changed, so that an import of it writes every set.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const NOTHING = '<path d="M0 0h1"/>';

const run = promisify(execFile);

/** Writes the changed sets into `folder`. */
export async function writeChanged(icons, folder) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(`${icons}/json`)) {
    const set = JSON.parse(await readFile(`${icons}/json/${name}`, 'utf8'));
    const icon = Object.values(set.icons)[0];
    if (icon) icon.body += NOTHING;
    await writeFile(`${folder}/${name}`, JSON.stringify(set));
  }
}

/** Imports a folder behind everything else that runs, and gives the seconds that it took; it may take `most`. */
export async function importNiced(program, folder, databaseUrl, most) {
  const began = performance.now();
  const options = { env: { ...process.env, DATABASE_URL: databaseUrl }, maxBuffer: 1e9, timeout: most * 1000 };
  await run('nice', ['-n', '19', program, 'import', folder], options);
  return (performance.now() - began) / 1000;
}
