import type { Client, FormattedExecutionResult, SubscribePayload } from 'graphql-ws'
import { useSyncExternalStore } from 'react'
import { Refusal, isUnknownDocument, persisted, type Document } from '../../common/transport'
import {
  LiveMetrics,
  UsageFeed,
  type LiveMetricsSubscription,
  type MetricsScope,
  type UsageFeedSubscription,
} from './graphql/documents'
import { authorization, onKey } from './key'
import { texts } from './transport'

export type Snapshot = LiveMetricsSubscription['liveMetrics']
export type Tick = UsageFeedSubscription['usageFeed']

/** A time without figures, in milliseconds; it goes on where `to` is null. */
export interface Gap {
  from: number
  to: number | null
}

/** What came over the socket, and whether it still does. */
export interface Live {
  status: 'connecting' | 'open' | 'lost' | 'stopped'
  /** By the server's clock, in milliseconds. It goes on while nothing is heard. */
  now: number
  /** The last minutes, the oldest first. */
  snapshots: readonly Snapshot[]
  ticks: readonly Tick[]
  /** Uses since the page was opened. */
  uses: number
  gaps: readonly Gap[]
  /** Why there are no figures, and no feed. */
  metricsRefusal: Refusal | null
  feedRefusal: Refusal | null
}

/** How far back live lines go. */
export const WINDOW_MS = 180_000

const RETRY_FIRST_MS = 500
const RETRY_LAST_MS = 10_000

/** Silence after which a connection counts as lost, though nobody has closed it. */
const PING_MS = 8_000
const PONG_MS = 4_000

const NOTHING: Live = {
  status: 'connecting',
  now: Date.now(),
  snapshots: [],
  ticks: [],
  uses: 0,
  gaps: [],
  metricsRefusal: null,
  feedRefusal: null,
}

let live = NOTHING
let scope: MetricsScope = 'INSTANCE'
let client: Client | null = null
/** How far the server's clock is ahead of this one, in milliseconds. */
let ahead = 0
/** Counts connections anew, so that what an old one still says is not heard. */
let generation = 0
const listeners = new Set<() => void>()

export function useLive(): Live {
  return useSyncExternalStore(subscribe, () => live)
}

/** Follows the service over one socket, from now on and however often the socket has to be opened anew. */
export function followLive(next: MetricsScope): void {
  if (client && scope === next) return
  scope = next
  void connect()
}

onKey(() => void connect())

/** Also where it was given up. */
export async function connect(): Promise<void> {
  const own = (generation += 1)
  void client?.dispose()
  client = null
  set({ ...NOTHING, uses: live.uses, ticks: live.ticks })
  const { createClient } = await import('graphql-ws')
  if (own !== generation) return
  let closing: ReturnType<typeof setTimeout> | undefined
  const opened = createClient({
    url: socketAddress(),
    connectionParams: authorization,
    retryAttempts: Infinity,
    // All pages of a server that starts anew do not come back at the same moment.
    retryWait: (tries) => later(Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** tries) * (0.5 + Math.random() / 2)),
    // A key that is not good does not become so; what no connection is to blame for is no better on another.
    shouldRetry: (reason) => (isClosing(reason) ? reason.code !== 4403 : reason instanceof Event),
    keepAlive: PING_MS,
    // Where a text has to be sent after a hash, it goes over the same socket.
    lazyCloseTimeout: 5000,
    on: {
      connected: () => own === generation && set({ status: 'open' }),
      closed: () => {
        clearTimeout(closing)
        if (own === generation) lose()
      },
      ping: (isReceived) => {
        if (!isReceived) closing = setTimeout(() => opened.terminate(), PONG_MS)
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(closing)
      },
    },
  })
  client = opened
  follow(opened, own, LiveMetrics, { scope }, ({ liveMetrics }) => note(liveMetrics), 'metricsRefusal')
  follow(opened, own, UsageFeed, {}, ({ usageFeed }) => noteUse(usageFeed), 'feedRefusal')
}

/** Subscribes by the document's hash, with an empty text; a server that does not know it is sent the text. */
function follow<Data, Variables extends Record<string, unknown>>(
  socket: Client,
  own: number,
  { hash }: Document<Data, Variables>,
  variables: Variables,
  hear: (data: Data) => void,
  refusal: 'metricsRefusal' | 'feedRefusal',
): void {
  const begin = (query = '') => {
    const payload: SubscribePayload = { query, variables, extensions: persisted(hash) }
    const end = (why: unknown) => {
      if (own !== generation) return
      if (query === '' && isUnknownDocument({ errors: mistakesOf(why) })) {
        void texts().then(({ default: known }) => own === generation && begin((known as Record<string, string>)[hash]))
      } else {
        set({ [refusal]: refusalOf(why) })
        if (isGivenUp()) set({ status: 'stopped' })
      }
    }
    socket.subscribe<Data>(payload, {
      next: (result: FormattedExecutionResult<Data, unknown>) => {
        if (own !== generation) return
        if (result.errors) end(result.errors)
        else if (result.data) hear(result.data)
      },
      error: end,
      complete: () => {},
    })
  }
  begin()
}

function note(snapshot: Snapshot): void {
  const at = Date.parse(snapshot.at)
  const isRecent = (other: Snapshot) => Date.parse(other.at) > at - WINDOW_MS
  const gaps = live.gaps.map(({ from, to }) => ({ from, to: to ?? at })).filter(({ to }) => to > at - WINDOW_MS)
  ahead = at - Date.now()
  set({ status: 'open', now: at, snapshots: [...live.snapshots.filter(isRecent), snapshot], gaps, metricsRefusal: null })
}

/** Ticks with something in them that are kept. */
const TICKS = 60

function noteUse(tick: Tick): void {
  if (live.feedRefusal) set({ feedRefusal: null })
  if (tick.total > 0) set({ uses: live.uses + tick.total, ticks: [tick, ...live.ticks].slice(0, TICKS) })
}

/** From now on nothing is known, until something is heard again. */
function lose(): void {
  const last = live.snapshots.at(-1)
  const isKnown = live.gaps.some(({ to }) => to === null)
  const gaps = isKnown || !last ? live.gaps : [...live.gaps, { from: Date.parse(last.at), to: null }]
  set({ status: isGivenUp() ? 'stopped' : 'lost', gaps })
}

/** Whether nothing is followed any more, and so nothing tried again. */
function isGivenUp(): boolean {
  return live.metricsRefusal !== null && live.feedRefusal !== null
}

// What is shown of a gap grows with it.
setInterval(() => {
  if (live.status === 'lost') set({ now: Date.now() + ahead })
}, 1000)

function set(change: Partial<Live>): void {
  live = { ...live, ...change }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function socketAddress(): string {
  const address = new URL('/graphql', location.href)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  return address.href
}

interface Mistake {
  message: string
  extensions?: { code?: string; scope?: string }
}

function mistakesOf(why: unknown): Mistake[] {
  return Array.isArray(why) ? (why as Mistake[]) : []
}

function refusalOf(why: unknown): Refusal {
  const [mistake] = mistakesOf(why)
  if (mistake) return Refusal.of(mistake)
  if (isClosing(why) && why.code === 4403) return new Refusal('This key is not known here, or no longer.', { code: 'UNAUTHENTICATED' })
  if (isClosing(why)) return new Refusal(why.reason || `The connection was closed with code ${why.code}.`)
  return new Refusal('No connection could be opened.', { cause: why })
}

function isClosing(reason: unknown): reason is CloseEvent {
  return reason instanceof CloseEvent
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
