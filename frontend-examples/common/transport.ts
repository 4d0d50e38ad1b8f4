/** A query by the SHA-256 of its text. The texts are in a chunk of their own, for servers that have not seen them yet. */
export interface Document<Data, Variables> {
  hash: string
  /** Never there: what the types hang on. */
  types?: (variables: Variables) => Data
}

/** How a page asks. */
export interface Way {
  /** The texts by their hashes. */
  texts: () => Promise<{ default: Record<string, string> }>
  /** What is said where the server cannot be reached. */
  unreachable: string
  /** What goes along with each request. */
  headers?: () => Record<string, string>
  /** Where answers are kept, for when the server cannot be reached. */
  kept?: {
    get: (address: string) => Promise<Response | undefined>
    put: (address: string, answer: Response) => void
  }
}

export type Ask = <Data, Variables>(document: Document<Data, Variables>, variables: Variables, signal?: AbortSignal) => Promise<Data>

interface Mistake {
  message: string
  extensions?: { code?: string; scope?: string }
}

interface Answer<Data> {
  data?: Data | null
  errors?: Mistake[]
}

/** What a person can be told of a request that failed. */
export class Refusal extends Error {
  /** As the API calls it; none where it is no word of the API's. */
  readonly code: string | undefined
  /** What the request would have needed. */
  readonly scope: string | undefined

  constructor(message: string, { cause, code, scope }: { cause?: unknown; code?: string | undefined; scope?: string | undefined } = {}) {
    super(message, { cause })
    this.code = code
    this.scope = scope
  }

  static of({ message, extensions }: Mistake): Refusal {
    return new Refusal(message, { code: extensions?.code, scope: extensions?.scope })
  }
}

const HEADERS = { accept: 'application/graphql-response+json, application/json;q=0.9' }

/** Longer than this nobody waits without being told. */
const PATIENCE_SECONDS = 5

/** The extension that names a document by its hash. */
export function persisted(hash: string): { persistedQuery: { version: 1; sha256Hash: string } } {
  return { persistedQuery: { version: 1, sha256Hash: hash } }
}

/**
 * Asks by GET with the query's hash, so that browsers and networks in front can keep the answer. Where the server cannot
 * be reached, what was answered before is answered again, if it was kept.
 */
export function asker({ texts, unreachable, headers, kept }: Way): Ask {
  const all = () => ({ ...HEADERS, ...headers?.() })

  /** Sends the text once; from then on the server knows its hash. */
  async function teach<Data>(hash: string, variables: unknown, signal?: AbortSignal): Promise<Answer<Data>> {
    const { default: known } = await texts()
    const body = JSON.stringify({ query: known[hash], variables, extensions: persisted(hash) })
    const sent = { ...all(), 'content-type': 'application/json' }
    return read(await patiently(() => fetch('/graphql', { method: 'POST', headers: sent, body, ...(signal && { signal }) })))
  }

  return async ({ hash }, variables, signal) => {
    const address = `/graphql?${new URLSearchParams({
      extensions: JSON.stringify(persisted(hash)),
      variables: JSON.stringify(variables),
    })}`
    let response: Response
    try {
      response = await patiently(() => fetch(address, { headers: all(), ...(signal && { signal }) }))
    } catch (error) {
      signal?.throwIfAborted()
      const before = await kept?.get(address)
      if (!before) throw new Refusal(unreachable, { cause: error })
      response = before
    }
    const copy = kept && response.clone()
    const answer = await read<never>(response)
    if (isUnknownDocument(answer)) return dataOf(await teach(hash, variables, signal))
    const data = dataOf(answer)
    if (copy) kept.put(address, copy)
    return data
  }
}

/** Where a server has too much to do and says for how long, it is asked once more then. */
async function patiently(send: () => Promise<Response>): Promise<Response> {
  const response = await send()
  const seconds = Number(response.headers.get('retry-after') ?? Infinity)
  if (![429, 503].includes(response.status) || seconds > PATIENCE_SECONDS) return response
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  return send()
}

async function read<Data>(response: Response): Promise<Answer<Data>> {
  try {
    return (await response.json()) as Answer<Data>
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Refusal(`The server answered with status ${response.status}.`, { cause: error })
  }
}

/** Whether the server would have to be told the text. */
export function isUnknownDocument({ errors }: { errors?: readonly Mistake[] }): boolean {
  return errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND'
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (errors?.[0]) throw Refusal.of(errors[0])
  if (!data) throw new Refusal('The server answered with nothing.')
  return data
}
