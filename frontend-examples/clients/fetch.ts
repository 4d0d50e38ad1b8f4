/**
 * iconql without any library: one request per scroll page, by GET, so that browsers and networks in front can keep answers.
 *
 * - A document is sent once; from then on its SHA-256 stands for it, and the page's address is the same for everybody.
 * - A page that was read before is asked for with `If-None-Match`: 304 costs no body. Browsers do this part by themselves.
 * - Errors have codes, which the program can tell apart.
 * - Who asks for more than its share (429), or a server that is overloaded (503), says when to come again.
 *
 * Run: `npm run fetch -w clients -- house`, with the server's address in ICONQL_URL.
 */
import { graphql, type TadaDocumentNode } from 'gql.tada'
import { print } from 'graphql'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080')
const words = process.argv[2] ?? 'arrow'

const ScrollPage = graphql(`
  query FetchScrollPage($words: String!, $first: Int! = 50, $after: String) {
    search(query: $words, first: $first, after: $after) {
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
          name
          license {
            title
          }
        }
      }
    }
  }
`)

/** What the server says is wrong. The codes are in docs/errors.md. */
class IconqlError extends Error {
  readonly code: string

  constructor({ message, extensions }: GraphqlError) {
    super(message)
    this.code = extensions.code
  }
}

interface GraphqlError {
  message: string
  extensions: { code: string }
}

interface Answer<Data> {
  data?: Data | null
  errors?: GraphqlError[]
}

/** Answers by their addresses, with what the server calls them. */
const kept = new Map<string, { etag: string; data: unknown }>()

async function ask<Data, Variables>(document: TadaDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const query = print(document)
  const extensions = { persistedQuery: { version: 1, sha256Hash: await sha256(query) } }
  try {
    return await get<Data>(variables, extensions)
  } catch (error) {
    if (!(error instanceof IconqlError && error.code === 'PERSISTED_QUERY_NOT_FOUND')) throw error
    const body = JSON.stringify({ query, variables, extensions })
    const headers = { accept: 'application/graphql-response+json', 'content-type': 'application/json' }
    return read<Data>(await send(endpoint, { method: 'POST', headers, body }))
  }
}

async function get<Data>(variables: unknown, extensions: unknown): Promise<Data> {
  const address = new URL(endpoint)
  address.searchParams.set('variables', JSON.stringify(variables))
  address.searchParams.set('extensions', JSON.stringify(extensions))
  const known = kept.get(address.href)
  const headers = new Headers({ accept: 'application/graphql-response+json' })
  if (known) headers.set('if-none-match', known.etag)

  const response = await send(address, { headers })
  if (response.status === 304 && known) {
    console.log('  (not modified)')
    return known.data as Data
  }
  const data = await read<Data>(response)
  const etag = response.headers.get('etag')
  if (etag) kept.set(address.href, { etag, data })
  return data
}

/** Sends a request, and again where the server says when. */
async function send(address: URL, request: RequestInit): Promise<Response> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(address, { ...request, signal: AbortSignal.timeout(10_000) })
    const seconds = Number(response.headers.get('retry-after'))
    if (![429, 503].includes(response.status) || seconds === 0 || attempt === 5) return response
    console.log(`  (${response.status}: again in ${seconds} s)`)
    // Not everybody at the same moment.
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + Math.random() * 250))
  }
}

/** The data of an answer, whole or not at all: a page that shows what there is beside errors would look at both. */
async function read<Data>(response: Response): Promise<Data> {
  const { data, errors }: Answer<Data> = await response.json()
  if (errors?.[0]) throw new IconqlError(errors[0])
  if (!data) throw new Error(`an answer without data, status ${response.status}`)
  return data
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Asks for a page, says what is in it, and returns where the next one begins. */
async function showPage(title: string, after: string | null): Promise<string | null> {
  const { search } = await ask(ScrollPage, { words, after })
  const names = search?.nodes.map((icon) => icon.name) ?? []
  console.log(`${title}: ${names.length} of ${search?.totalCount ?? 0} icons, ${names[0] ?? 'none'} …`)
  return search?.pageInfo.hasNextPage ? search.pageInfo.endCursor : null
}

const second = await showPage('page 1', null)
const third = second && (await showPage('page 2', second))
if (third) await showPage('page 3', third)
if (second) await showPage('page 2 again', second)

try {
  await ask(ScrollPage, { words, first: 1000 })
} catch (error) {
  if (!(error instanceof IconqlError)) throw error
  console.log(`refused: ${error.code}: ${error.message}`)
}
