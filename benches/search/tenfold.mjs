// A catalog of ten times as many icons: every set again under other prefixes.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Bodies longer than this become a path of this length, so that ten times everything fits on the disk. */
const LONGEST_BODY = 1500;
/** More bytes than this on the disk, with what is still to be imported, and it ends. */
const MOST_BYTES = 7e9;

/** Imports every set `times` times into a new database at `file`: first under its own prefix, then under others. */
export async function importCopies(program, icons, file, times) {
  const folder = `${file}.copy`;
  for (let copy = 0; copy < times; copy += 1) {
    const bytes = await writeCopy(icons, folder, copy);
    const stored = await stat(file).then(({ size }) => size, () => 0);
    if (stored + bytes > MOST_BYTES) throw new Error(`${times} times the catalog needs more than ${MOST_BYTES / 1e9} GB`);
    await run(program, ['import', folder], { env: { ...process.env, DATABASE_URL: `sqlite://${file}` }, maxBuffer: 1e9 });
    await rm(folder, { recursive: true });
    console.error(`imported copy ${copy + 1} of ${times}: ${((await stat(file)).size / 1e9).toFixed(2)} GB`);
  }
}

/** Writes a copy of every set and gives its bytes. */
async function writeCopy(icons, folder, copy) {
  await mkdir(folder, { recursive: true });
  let bytes = 0;
  for (const name of await readdir(`${icons}/json`)) {
    const set = JSON.parse(await readFile(`${icons}/json/${name}`, 'utf8'));
    if (copy > 0) set.prefix += `-copy${copy}`;
    for (const icon of Object.values(set.icons)) icon.body = shortened(icon.body);
    const text = JSON.stringify(set);
    bytes += Buffer.byteLength(text);
    await writeFile(`${folder}/${set.prefix}.json`, text);
  }
  return bytes;
}

function shortened(body) {
  if (body.length <= LONGEST_BODY) return body;
  return `<path d="M0 0${'h1v1'.repeat((LONGEST_BODY - 16) / 4)}"/>`;
}
