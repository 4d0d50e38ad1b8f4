// The first page of searches that find much, and their hundredth.
import { answer } from './requests.mjs';

const PAGE_SIZE = 24;
const FAR_PAGE = 100;
/** Icons that are walked over at once on the way to the far page. */
const STRIDE = 100;

const walk = (query, first, after) => ({
  method: 'POST',
  path: '/graphql',
  body: JSON.stringify({
    query:
      'query Walk($query: String!, $first: Int!, $after: String) { search(query: $query, first: $first, after: $after) { totalCount pageInfo { endCursor } } }',
    variables: { query, first, after },
  }),
});

/** Requests of the first and of the hundredth page, for at most `most` of the queries that find enough for both. */
export async function pages(server, queries, most) {
  const near = [];
  const far = [];
  for (const query of queries) {
    if (near.length === most) break;
    const after = await cursorBefore(server, query, FAR_PAGE);
    if (after === null) continue;
    near.push(server.dialect.search.ask(query, PAGE_SIZE, null, null));
    far.push(server.dialect.search.ask(query, PAGE_SIZE, after, null));
  }
  return { near, far, most: PAGE_SIZE };
}

/** The cursor that `page` begins after; null where there is no such page that is full. */
async function cursorBefore(server, query, page) {
  let left = (page - 1) * PAGE_SIZE;
  let after = null;
  while (left > 0) {
    const { body } = await answer(server, walk(query, Math.min(left, STRIDE), after));
    const { totalCount, pageInfo } = body.data.search;
    if (totalCount < page * PAGE_SIZE) return null;
    after = pageInfo.endCursor;
    left -= Math.min(left, STRIDE);
  }
  return after;
}
