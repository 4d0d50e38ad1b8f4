// The memory of a server that has everything loaded: its index, what it keeps of popular icons, of searches and of every page of the
// catalog.
import { Agent } from 'node:http';
import { exchange } from '../compare/http.mjs';
import { peakResidentMb, residentMb } from '../compare/machine.mjs';
import { measure, prepare } from '../compare/measure.mjs';
import { iconql, start } from '../compare/servers.mjs';
import { verified } from '../compare/verify.mjs';
import { namesBySet } from '../relevance/catalog.mjs';
import { queries } from '../search/queries.mjs';
import { verified as verifiedSearches } from '../search/requests.mjs';

const PAGE_SIZE = 100;
const QUERIES = 2000;
const HITS = 64;
const WALKERS = 8;

/** {server, residentMb, peakMb, stages}: as a user runs it, on every core; `stages` are the megabytes after each step. */
export async function whenLoaded({ program, icons, asked, databases, work, seconds }) {
  const sets = await namesBySet(icons);
  const searched = queries(sets, QUERIES).words;
  const results = [];
  for (const { name, url } of databases) {
    const kind = iconql(program, url, `${work}/${name}`);
    // What making the index takes is given back by the next start, which finds it.
    await (await start(name, kind, work, false)).stop();
    const server = await start(name, kind, work, false);
    console.error(`loading ${name}`);
    const file = `${work}/resident.requests`;
    const stages = { start: await residentMb(server.pid) };
    const { scroll, single } = await verified(server, { ...asked, walks: new Map() });
    for (const workload of [scroll, single]) await measure(server, await prepare(workload, file), seconds);
    stages['W1 and W3'] = await residentMb(server.pid);
    const searches = searched.map((query) => server.dialect.search.ask(query, HITS, null, null));
    await measure(server, await verifiedSearches(server, searches, HITS, file), seconds);
    stages.W2 = await residentMb(server.pid);
    const walked = await walk(server, [...sets.keys()]);
    stages[`${walked} icons, ${PAGE_SIZE} a page`] = await residentMb(server.pid);
    results.push({ server: name, residentMb: await residentMb(server.pid), peakMb: await peakResidentMb(server.pid), stages });
    console.error(`${name}: ${JSON.stringify(stages)}`);
    await server.stop();
  }
  return results;
}

/** Asks for every page of every set and gives how many icons that were. */
async function walk(server, prefixes) {
  const agent = new Agent({ keepAlive: true, maxSockets: WALKERS });
  const rest = [...prefixes];
  let walked = 0;
  const walker = async () => {
    for (let prefix = rest.pop(); prefix !== undefined; prefix = rest.pop()) {
      for (let page = { cursor: null, hasNextPage: true }; page.hasNextPage; ) {
        const answer = JSON.parse(await exchange(server.port, server.dialect.page.ask(prefix, PAGE_SIZE, page.cursor), agent));
        if (answer.errors) throw new Error(`${server.name} answers with errors: ${JSON.stringify(answer.errors)}`);
        page = server.dialect.page.read(answer);
        walked += page.icons.length;
      }
    }
  };
  await Promise.all(Array.from({ length: WALKERS }, walker));
  agent.destroy();
  return walked;
}
