/**
 * iconql with Relay: documents are compiled and listed beforehand, and the server answers those on the list and no others.
 *
 * - `relay-compiler` writes types, artifacts and the list (generated/trusted-documents.json, texts by their SHA-256).
 * - The server is given the list: `DOCUMENTS_MODE=trusted_only DOCUMENTS_MANIFEST=…/generated/trusted-documents.json`.
 * - A document goes by its id, by GET, so that browsers and networks in front can keep answers.
 * - `@connection` joins the pages of a list; an icon that a list brought is found by its id without a request.
 *
 * Without React, since it runs by itself: there, the loop below is `usePaginationFragment`.
 *
 * Run: `npm run relay -w clients -- house`, with the server's address in ICONQL_URL.
 */
import {
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getRequest,
  graphql,
  Network,
  RecordSource,
  Store,
  type FetchFunction,
  type GraphQLResponse,
} from 'relay-runtime'
import type { relayDetailQuery } from './generated/relay/relayDetailQuery.graphql.ts'
import type { relayScrollPageQuery } from './generated/relay/relayScrollPageQuery.graphql.ts'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080')
const words = process.argv[2] ?? 'arrow'

const ScrollPage = graphql`
  query relayScrollPageQuery($words: String!, $after: String) {
    search(query: $words, first: 50, after: $after) @connection(key: "relay_search") {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          name
          body
          width
          height
          set {
            name
            license {
              title
            }
          }
        }
      }
    }
  }
`

const Detail = graphql`
  query relayDetailQuery($id: ID!) {
    node(id: $id) {
      ... on Icon {
        name
        body
        width
        height
        set {
          name
          license {
            title
          }
        }
      }
    }
  }
`

const ask: FetchFunction = async ({ id, name }, variables) => {
  const address = new URL(endpoint)
  address.searchParams.set('documentId', id ?? '')
  address.searchParams.set('variables', JSON.stringify(variables))
  const response = await fetch(address, { headers: { accept: 'application/graphql-response+json' } })
  const answer = (await response.json()) as GraphQLResponse
  if ('errors' in answer && answer.errors?.[0]) throw new Error(`${name}: ${answer.errors[0].message}`)
  return answer
}

const environment = new Environment({
  network: Network.create(ask),
  store: new Store(new RecordSource()),
  missingFieldHandlers: [
    {
      kind: 'linked',
      // `node(id:)` is the record of that id, whichever list brought it.
      handle: (field, _record, args) => (field.name === 'node' ? args.id : undefined),
    },
  ],
})

/** Fetches a page, and shows the list with all pages so far. */
async function show(after: string | null) {
  // What is retained stays in the store: for a component, its hooks do this.
  environment.retain(createOperationDescriptor(getRequest(ScrollPage), { words, after }))
  const data = await fetchQuery<relayScrollPageQuery>(environment, ScrollPage, { words, after }).toPromise()
  const icons = data?.search?.edges.map(({ node }) => node) ?? []
  console.log(
    `list: ${icons.length} of ${data?.search?.totalCount} icons, ${icons[0]?.name ?? 'none'} … ${icons.at(-1)?.name ?? 'none'}`,
  )
  const { hasNextPage = false, endCursor = null } = data?.search?.pageInfo ?? {}
  return { last: icons.at(-1), next: hasNextPage ? endCursor : null }
}

let { last, next } = await show(null)
for (let page = 2; page <= 3 && next; page += 1) ({ last, next } = await show(next))

if (last) {
  const variables = { id: last.id }
  const options = { fetchPolicy: 'store-or-network' } as const
  const data = await fetchQuery<relayDetailQuery>(environment, Detail, variables, options).toPromise()
  const icon = data?.node
  console.log(`detail: ${icon?.name} of ${icon?.set?.name}, ${icon?.width} × ${icon?.height}, ${icon?.set?.license?.title}`)
}
