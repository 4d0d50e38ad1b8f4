// The statements that iconql sends PostgreSQL, as a script for pgbench: taken from the server's log, so that they are the very same.
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What reads the icons of a page, and what reads their sets. */
const OF_A_PAGE = /\b(?:icon|icon_set) ON \S+ = ANY\(\$1\)/;
const STATEMENTS_OF_A_PAGE = 2;
/** A statement with parameters, as PostgreSQL logs it on two lines. */
const LOGGED = /LOG: {2}execute \S+: (.*)\n.* DETAIL: {2}parameters: (.*)\n/g;
const PARAMETER = /\$(\d+) = ('(?:[^']|'')*')/g;
/** The server that scripts/postgres.sh runs logs beside its data; a server of the caller's own would have to do the same. */
const LOG_FILE = "current_setting('data_directory') || '/../log'";

const run = promisify(execFile);

/** Writes what iconql sends while `send` asks it for `pages` pages, in their order, into `file`. */
export async function recordStatements(databaseUrl, pages, file, send) {
  const database = new URL(databaseUrl).pathname.slice(1);
  const sql = async (text) => (await run('psql', [databaseUrl, '-XAtqc', text], { maxBuffer: 1e9 })).stdout;
  await sql(`ALTER DATABASE ${database} SET log_statement = 'all'`);
  const begin = Number(await sql(`SELECT size FROM pg_stat_file(${LOG_FILE})`));
  await send();
  await sql(`ALTER DATABASE ${database} RESET log_statement`);
  const log = await sql(`SELECT pg_read_file(${LOG_FILE}, ${begin}, 1000000000)`);
  const statements = [...log.matchAll(LOGGED)].filter(([, statement]) => OF_A_PAGE.test(statement)).map(withParameters);
  if (statements.length !== pages * STATEMENTS_OF_A_PAGE) {
    throw new Error(`iconql sends ${statements.length} statements for ${pages} pages, not ${STATEMENTS_OF_A_PAGE} each`);
  }
  await writeFile(file, statements.map((statement) => `${statement};\n`).join(''));
}

function withParameters([, statement, logged]) {
  const parameters = new Map([...logged.matchAll(PARAMETER)].map(([, place, value]) => [place, value]));
  return statement.replace(/\$(\d+)/g, (_, place) => parameters.get(place));
}
