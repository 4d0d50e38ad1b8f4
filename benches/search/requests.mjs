// Requests for searches, each sent to a server once to see that it is answered, and written where wrk reads them.
import { Agent } from 'node:http';
import { exchange } from '../compare/http.mjs';
import { prepare } from '../compare/measure.mjs';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** The answer to one request, which must be without errors. */
export async function answer(server, ask) {
  const bytes = await exchange(server.port, ask, agent);
  const body = JSON.parse(bytes);
  if (body.errors) throw new Error(`${server.name} answers ${ask.body} with errors: ${JSON.stringify(body.errors)}`);
  return { body, bytes: bytes.length };
}

/** `asks` as a workload for wrk, with the share of them that found something. Each may find `most` icons. */
export async function verified(server, asks, most, file) {
  let bytes = 0;
  let found = 0;
  for (const ask of asks) {
    const given = await answer(server, ask);
    const names = server.dialect.search.read(given.body);
    if (names.length > most) throw new Error(`${server.name} gives ${names.length} icons for ${ask.body}`);
    bytes += given.bytes;
    if (names.length > 0) found += 1;
  }
  return { ...(await prepare({ requests: asks, meanBytes: bytes / asks.length }, file)), found: found / asks.length };
}
