/**
 * iconql with urql and its normalised cache: an endless list of what a search finds, and details that need no request.
 *
 * - `relayPagination` joins the pages of a list, `edges` and `nodes` alike.
 * - Graphcache knows icons by their names and sets by their prefixes, so it finds an icon in whatever list brought it.
 * - Documents go by their hash, by GET, so that browsers and networks in front can keep answers, and once with it. Without
 *   `persistedExchange`, set `preferGetMethod: false`: in production the server answers no documents without it by GET, and urql's
 *   default is GET.
 *
 * Run: `npm run urql -w clients -- house`, with the server's address in ICONQL_URL.
 */
import { Client, fetchExchange } from '@urql/core'
import { cacheExchange } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import { persistedExchange } from '@urql/exchange-persisted'
import { graphql } from 'gql.tada'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080').href
const words = process.argv[2] ?? 'arrow'

const ScrollPage = graphql(`
  query UrqlScrollPage($words: String!, $after: String) {
    search(query: $words, first: 50, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        name
        body
        width
        height
        set {
          prefix
          name
          license {
            title
          }
        }
      }
    }
  }
`)

const Detail = graphql(`
  query UrqlDetail($name: IconName!) {
    icon(by: { name: $name }) {
      name
      body
      width
      height
      set {
        prefix
        name
        license {
          title
        }
      }
    }
  }
`)

const client = new Client({
  url: endpoint,
  exchanges: [
    cacheExchange({
      keys: {
        Icon: ({ name }) => String(name),
        IconSet: ({ prefix }) => String(prefix),
        // A part of its set.
        License: () => null,
      },
      resolvers: {
        Query: {
          search: relayPagination(),
          icon(parent, args, cache) {
            const { name } = args.by as { name?: string }
            const known = cache.resolve(parent as { __typename: string }, 'icon', args)
            return known === undefined && name ? { __typename: 'Icon', name } : known
          },
        },
      },
    }),
    persistedExchange({ preferGetForPersistedQueries: true }),
    fetchExchange,
  ],
})

/** Asks for a page, and shows the list with all pages so far. In React this is `useQuery`, with the cursor in its variables. */
async function show(after: string | null) {
  const { data, error } = await client.query(ScrollPage, { words, after })
  if (error) throw error
  const names = data?.search?.nodes.map((icon) => icon.name) ?? []
  console.log(`list: ${names.length} of ${data?.search?.totalCount} icons, ${names[0] ?? 'none'} … ${names.at(-1) ?? 'none'}`)
  const { hasNextPage = false, endCursor = null } = data?.search?.pageInfo ?? {}
  return { last: names.at(-1), next: hasNextPage ? endCursor : null }
}

let { last, next } = await show(null)
for (let page = 2; page <= 3 && next; page += 1) ({ last, next } = await show(next))

if (last) {
  const { data, error } = await client.query(Detail, { name: last })
  if (error) throw error
  const icon = data?.icon
  console.log(`detail: ${icon?.name} of ${icon?.set.name}, ${icon?.width} × ${icon?.height}, ${icon?.set.license?.title}`)
}
