import { keepAnswer, keptAnswer } from './answers'

/** A query by the SHA-256 of its text. The texts are in a chunk of their own, for servers that have not seen them yet. */
export interface Document<Data, Variables> {
  hash: string
  /** Never there: what the types hang on. */
  types?: (variables: Variables) => Data
}

interface Answer<Data> {
  data?: Data | null
  errors?: { message: string; extensions?: { code?: string } }[]
}

/** What a person can be told of a request that failed. */
export class Refusal extends Error {}

const HEADERS = { accept: 'application/graphql-response+json, application/json;q=0.9' }

/** Longer than this nobody waits without being told. */
const PATIENCE_SECONDS = 5

/**
 * Asks by GET with the query's hash, so that browsers and networks in front can keep the answer. Offline, what was
 * answered before is answered again.
 */
export async function ask<Data, Variables>(
  document: Document<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Data> {
  const extensions = { persistedQuery: { version: 1, sha256Hash: document.hash } }
  const address = `/graphql?${new URLSearchParams({
    extensions: JSON.stringify(extensions),
    variables: JSON.stringify(variables),
  })}`
  let response: Response
  try {
    response = await patiently(() => fetch(address, { headers: HEADERS, ...(signal && { signal }) }))
  } catch (error) {
    signal?.throwIfAborted()
    const kept = await keptAnswer(address)
    if (!kept) throw new Refusal('The server cannot be reached. Icons that you have seen before are still here.', { cause: error })
    response = kept
  }
  const copy = response.clone()
  const answer = await read<Data>(response)
  if (isUnknownDocument(answer)) return dataOf(await teach<Data, Variables>(document, variables, signal))
  const data = dataOf(answer)
  keepAnswer(address, copy)
  return data
}

/** Sends the text once; from then on the server knows its hash. */
async function teach<Data, Variables>(
  { hash }: Document<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal,
): Promise<Answer<Data>> {
  const { default: texts } = await import('./graphql/texts.json')
  const body = JSON.stringify({
    query: (texts as Record<string, string>)[hash],
    variables,
    extensions: { persistedQuery: { version: 1, sha256Hash: hash } },
  })
  const headers = { ...HEADERS, 'content-type': 'application/json' }
  return read(await patiently(() => fetch('/graphql', { method: 'POST', headers, body, ...(signal && { signal }) })))
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

function isUnknownDocument({ errors }: Answer<unknown>): boolean {
  return errors?.[0]?.extensions?.code === 'PERSISTED_QUERY_NOT_FOUND'
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (errors?.[0]) throw new Refusal(errors[0].message)
  if (!data) throw new Refusal('The server answered with nothing.')
  return data
}
