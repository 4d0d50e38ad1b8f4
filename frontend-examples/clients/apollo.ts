/**
 * iconql with Apollo Client: an endless list of what a search finds, one request per page, and details that need none.
 *
 * - Documents are sent once and then by their hash, by GET, so that browsers and networks in front can keep answers.
 * - `relayStylePagination` joins the pages of a list. It joins `edges`; of `nodes` it would keep the last page alone.
 * - Icons are kept by their names, so an icon that is asked for by its name is found in whatever list brought it.
 *
 * Run: `npm run apollo -w clients -- house`, with the server's address in ICONQL_URL.
 */
import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { relayStylePagination } from '@apollo/client/utilities'
import { graphql } from 'gql.tada'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080').href
const words = process.argv[2] ?? 'arrow'

const ScrollPage = graphql(`
  query ApolloScrollPage($words: String!, $after: String) {
    search(query: $words, first: 50, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
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
  }
`)

const Detail = graphql(`
  query ApolloDetail($name: IconName!) {
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

const client = new ApolloClient({
  link: new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(new HttpLink({ uri: endpoint })),
  cache: new InMemoryCache({
    typePolicies: {
      Icon: { keyFields: ['name'] },
      IconSet: { keyFields: ['prefix'] },
      Query: {
        fields: {
          search: relayStylePagination(['query', 'filter', 'orderBy']),
          icon: {
            read(known, { args, toReference }) {
              const name: string | undefined = args?.by?.name
              return known === undefined && name ? toReference({ __typename: 'Icon', name }) : known
            },
          },
        },
      },
    },
  }),
})

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Says what is in the list so far, of which the cache has joined the pages, and returns the name of its last icon. */
function show(): string | undefined {
  const search = client.readQuery({ query: ScrollPage, variables: { words } })?.search
  const names = search?.edges.map(({ node }) => node.name) ?? []
  console.log(`list: ${names.length} of ${search?.totalCount} icons, ${names[0] ?? 'none'} … ${names.at(-1) ?? 'none'}`)
  return names.at(-1)
}

// In React this is `useQuery`, with `fetchMore` when the end of the list comes into view.
const list = client.watchQuery({ query: ScrollPage, variables: { words } })
const watching = list.subscribe(() => {})
let page = await client.query({ query: ScrollPage, variables: { words } })
let last = show()
for (let number = 2; number <= 3 && page.data?.search?.pageInfo.hasNextPage; number += 1) {
  page = await list.fetchMore({ variables: { after: page.data.search.pageInfo.endCursor } })
  last = show()
}

if (last) {
  const { data } = await client.query({ query: Detail, variables: { name: last } })
  const icon = data?.icon
  console.log(`detail: ${icon?.name} of ${icon?.set.name}, ${icon?.width} × ${icon?.height}, ${icon?.set.license?.title}`)
}
watching.unsubscribe()
client.stop()
