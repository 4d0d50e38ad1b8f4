/**
 * Live figures of an iconql server over one WebSocket, with the npm package graphql-ws, which connects again by itself.
 *
 * What was missed is shown as such: figures that are over do not come again. In production the field needs a key with the
 * scope `metrics:read` (`iconql keys create --scope metrics:read`); in development none, from the server's own machine.
 *
 * Run: `npm run graphql-ws -w clients`, with the server's address in ICONQL_URL, the key in ICONQL_KEY, and how many
 * snapshots to show in ICONQL_SNAPSHOTS (5).
 */
import { graphql, type ResultOf } from 'gql.tada'
import { print } from 'graphql'
import { createClient } from 'graphql-ws'
// Browsers, and Node.js from 22 on, have a WebSocket of their own.
import { WebSocket } from 'ws'

const endpoint = new URL('/graphql', process.env.ICONQL_URL ?? 'http://127.0.0.1:8080')
endpoint.protocol = endpoint.protocol.replace('http', 'ws')
const key = process.env.ICONQL_KEY
const wanted = Number(process.env.ICONQL_SNAPSHOTS ?? 5)
const intervalMs = 500

const LiveMetrics = graphql(`
  subscription WsLiveMetrics($intervalMs: Int!) {
    liveMetrics(intervalMs: $intervalMs) {
      at
      requestsPerSecond
      p50Ms
      p99Ms
      inFlight
      residentBytes
      pool {
        open
        max
      }
    }
  }
`)

const client = createClient({
  url: endpoint.href,
  webSocketImpl: WebSocket,
  connectionParams: key ? { authorization: `Bearer ${key}` } : {},
  // A server that is being replaced is away for moments: go on for as long as somebody looks. What cannot become better,
  // such as a key that is not good, ends it all the same.
  retryAttempts: Infinity,
  shouldRetry: () => true,
  on: {
    connected: (_socket, _payload, wasRetry) => console.log(wasRetry ? 'connected again' : 'connected'),
    closed: (event) => console.log(`connection closed: ${(event as CloseEvent).code}`),
  },
})

const events = client.iterate<ResultOf<typeof LiveMetrics>>({ query: print(LiveMetrics), variables: { intervalMs } })
let shown = 0
let before: number | undefined
for await (const { data, errors } of events) {
  if (!data) throw new Error(errors?.map(({ message }) => message).join('; '))
  const { at, requestsPerSecond, p50Ms, p99Ms, inFlight, residentBytes, pool } = data.liveMetrics
  const gapMs = before === undefined ? 0 : Date.parse(at) - before
  if (gapMs > 2 * intervalMs) console.log(`(nothing is known of ${(gapMs / 1000).toFixed(1)} s)`)
  before = Date.parse(at)
  console.log(
    `${new Date(at).toLocaleTimeString()}  ${requestsPerSecond.toFixed(1)} requests/s  p50 ${p50Ms.toFixed(1)} ms  ` +
      `p99 ${p99Ms.toFixed(1)} ms  ${inFlight} in flight  pool ${pool.open}/${pool.max}  ${Math.round(residentBytes / 1e6)} MB`,
  )
  if ((shown += 1) >= wanted) break
}
await client.dispose()
