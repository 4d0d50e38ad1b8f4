// How well a server answers judged queries.
import { Agent } from 'node:http';
import { exchange } from '../compare/http.mjs';

const ASKED = 64;
const FIRST_PAGE = 10;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/**
 * Asks every query, within its sets or over everything: shares of queries with a right icon as the first and among the
 * first ten, the mean of one over the place of the first right one, how many queries nothing was found for, and the
 * queries without a right icon among the first ten, with what stood there.
 */
export async function judge(server, cases, isWithinSets) {
  const places = [];
  const missed = [];
  let empty = 0;
  for (const { query, prefixes, isRight } of cases) {
    const ask = server.dialect.search.ask(query, ASKED, null, isWithinSets ? prefixes : null);
    const answer = JSON.parse(await exchange(server.port, ask, agent));
    if (answer.errors) throw new Error(`${server.name} answers "${query}" with errors: ${JSON.stringify(answer.errors)}`);
    const names = server.dialect.search.read(answer);
    const place = names.findIndex((name) => isRight(name.split(':')[1])) + 1;
    places.push(place);
    if (names.length === 0) empty += 1;
    if (place === 0 || place > FIRST_PAGE) missed.push({ query, prefixes, place, first: names.slice(0, 3) });
  }
  return { places, empty, missed };
}

/** The figures of one or more answers of `judge` together. */
export function figures(judged) {
  const places = judged.flatMap((part) => part.places);
  const share = (count) => count / places.length;
  const within = (limit) => share(places.filter((place) => place > 0 && place <= limit).length);
  return {
    queries: places.length,
    first: within(1),
    firstTen: within(FIRST_PAGE),
    mrr: share(places.reduce((sum, place) => sum + (place && 1 / place), 0)),
    empty: judged.reduce((sum, part) => sum + part.empty, 0),
    missed: judged.flatMap((part) => part.missed),
  };
}
