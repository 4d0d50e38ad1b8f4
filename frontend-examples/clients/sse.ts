/**
 * What changes in the catalog of an iconql server, as server-sent events over plain `fetch`: nothing is missed and nothing
 * told twice, however often the connection breaks.
 *
 * Each time that it is connected, `changes(since:)` tells what happened before; the events tell what happens from then on.
 * A generation is what one import did to one set, and is told as several changes, one of each kind.
 *
 * Run: `npm run sse -w clients`, and import something meanwhile. The server's address is in ICONQL_URL, the last generation
 * that was seen in ICONQL_SINCE (the newest). It ends after ICONQL_SECONDS (10), or once it has told of ICONQL_CHANGES.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import { graphql, type ResultOf, type TadaDocumentNode } from 'gql.tada'
import { print, type DocumentNode } from 'graphql'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080')
const seconds = Number(process.env.ICONQL_SECONDS ?? 10)
const wanted = Number(process.env.ICONQL_CHANGES ?? Infinity)
const stop = new AbortController()
const over = AbortSignal.any([stop.signal, AbortSignal.timeout(seconds * 1000)])

const Newest = graphql(`
  query SseNewest {
    service {
      generation
    }
  }
`)

const Change = graphql(`
  fragment SseChange on CatalogChange @_unmask {
    generation
    kind
    prefix
    count
    names(first: 3)
  }
`)

const Missed = graphql(
  `
    query SseMissed($since: Int!) {
      changes(since: $since) {
        generation
        hasMore
        changes {
          ...SseChange
        }
      }
    }
  `,
  [Change],
)

const Changed = graphql(
  `
    subscription SseChanged {
      catalogChanged {
        ...SseChange
      }
    }
  `,
  [Change],
)

interface Answer<Data> {
  data?: Data | null
  errors?: { message: string; extensions: { code: string } }[]
  /** How many events before this one the server had to drop, since they were not read in time. */
  extensions?: { droppedEvents?: number }
}

function post(accept: string, document: DocumentNode, variables: unknown): Promise<Response> {
  const headers = { accept, 'content-type': 'application/json' }
  const body = JSON.stringify({ query: print(document), variables })
  return fetch(endpoint, { method: 'POST', headers, body, signal: over })
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (!data) throw new Error(errors?.map(({ message, extensions }) => `${extensions.code}: ${message}`).join('; '))
  return data
}

async function ask<Data, Variables>(document: TadaDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
  const response = await post('application/graphql-response+json', document, variables)
  return dataOf((await response.json()) as Answer<Data>)
}

/** Every generation up to this one has been told of in full. */
let complete = Number(process.env.ICONQL_SINCE ?? (await ask(Newest, {})).service.generation)
/** What was told of the generation after it. */
const begun = new Set<string>()
let told = 0

function tell({ generation, kind, prefix, count, names }: ResultOf<typeof Change>): void {
  if (generation <= complete) return
  if (generation > complete + 1) {
    // They come in order: with this one, the generations before it have ended.
    complete = generation - 1
    begun.clear()
  }
  if (begun.has(kind)) return
  begun.add(kind)
  const more = count > names.length ? ' …' : ''
  console.log(`generation ${generation}: ${prefix}: ${count} ${kind.toLowerCase()}: ${names.join(' ')}${more}`)
  if ((told += 1) >= wanted) stop.abort()
}

/** Listens until the connection ends. */
async function listen(): Promise<void> {
  const response = await post('text/event-stream', Changed, {})
  if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
  await catchUp()
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())
  for await (const { event, data } of events) {
    if (event === 'complete') return
    if (event !== 'next') continue
    const answer = JSON.parse(data) as Answer<ResultOf<typeof Changed>>
    const change = dataOf(answer).catalogChanged
    const isNext = change.generation <= complete + (begun.size > 0 ? 2 : 1)
    if (!isNext || answer.extensions?.droppedEvents) await catchUp()
    tell(change)
  }
}

async function catchUp(): Promise<void> {
  for (let more = true; more; ) {
    const { changes } = await ask(Missed, { since: complete })
    changes.changes.forEach(tell)
    complete = changes.generation
    begun.clear()
    more = changes.hasMore
  }
  console.log(`up to date with generation ${complete}`)
}

for (let pauseMs = 250; !over.aborted; pauseMs = Math.min(pauseMs * 2, 10_000)) {
  const begin = Date.now()
  const ended = await listen().then(
    () => 'the server ended it',
    (error: Error) => String(error.cause ?? error.message),
  )
  if (over.aborted) break
  // After a connection that held, the first attempt comes soon.
  if (Date.now() - begin > 10_000) pauseMs = 250
  console.log(`disconnected: ${ended}: again in ${pauseMs} ms`)
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}
console.log(`told of ${told} changes`)
