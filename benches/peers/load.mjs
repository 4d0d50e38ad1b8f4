// Fills the peers' tables from an unpacked @iconify/json: every icon that has a body of its own and is not hidden.
//
//   DATABASE_URL=… ICONS=…/@iconify/json node load.mjs
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const ICONS_PER_INSERT = 5000;

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await client.query(await readFile(new URL('tables.sql', import.meta.url), 'utf8'));
await client.query('BEGIN');
for (const file of (await readdir(`${process.env.ICONS}/json`)).sort()) {
  await load(JSON.parse(await readFile(`${process.env.ICONS}/json/${file}`, 'utf8')));
}
await client.query('COMMIT');
await client.query('VACUUM ANALYZE icon_set');
await client.query('VACUUM ANALYZE icon');
await client.end();

async function load(set) {
  const { prefix, info = {}, width = 16, height = 16 } = set;
  const icons = Object.entries(set.icons).filter(([, icon]) => !icon.hidden);
  await client.query('INSERT INTO icon_set (prefix, name, license, total) VALUES ($1, $2, $3, $4)', [
    prefix,
    info.name ?? prefix,
    info.license?.title ?? null,
    icons.length,
  ]);
  for (let from = 0; from < icons.length; from += ICONS_PER_INSERT) {
    const chunk = icons.slice(from, from + ICONS_PER_INSERT);
    await client.query(
      `INSERT INTO icon (prefix, name, body, width, height)
       SELECT $1, * FROM unnest($2::text[], $3::text[], $4::float8[], $5::float8[])`,
      [
        prefix,
        chunk.map(([name]) => name),
        chunk.map(([, icon]) => icon.body),
        chunk.map(([, icon]) => icon.width ?? width),
        chunk.map(([, icon]) => icon.height ?? height),
      ],
    );
  }
}
