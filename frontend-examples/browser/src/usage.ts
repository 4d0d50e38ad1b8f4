import { storage } from './storage'

/** What is told of an icon that was taken. */
interface UsageEvent {
  /** The server counts an id once, however often it is sent. */
  id: string
  icon: string
  kind: 'COPY' | 'DOWNLOAD'
  occurredAt: string
  sessionId: string
}

const ENDPOINT = '/api/v1/analytics/usage/batch'

/** Each event has a key of its own, so that two tabs never overwrite what the other one wrote. */
const PREFIX = 'iconql.usage.'

/** Far below the 64 KiB that a browser sends for a page that is gone. */
const BATCH = 100

/** What is kept while nobody can be reached. */
const MOST = 1000

const GATHER_MS = 2000
const RETRY_FIRST_MS = 5_000
const RETRY_LAST_MS = 300_000

let timer: ReturnType<typeof setTimeout> | undefined
let retryMs = RETRY_FIRST_MS
/** Sent and not answered yet. */
const underWay = new Set<string>()

/**
 * Notes that an icon was copied or downloaded. It is written down first and sent with others a moment later, or when the
 * page is left, and stays written until the server has said that it has it.
 */
export function recordUsage(icon: string, kind: UsageEvent['kind']): void {
  const event: UsageEvent = { id: uuid(), icon, kind, occurredAt: new Date().toISOString(), sessionId: session() }
  if (waiting().length < MOST) storage.setItem(PREFIX + event.id, JSON.stringify(event))
  sendAfter(GATHER_MS)
}

/** Sends what an earlier visit could not, and from now on whatever there is whenever it may be the last moment. */
export function startDelivery(): void {
  addEventListener('pagehide', () => void send())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void send()
  })
  addEventListener('online', () => void send())
  if (waiting().length > 0) sendAfter(GATHER_MS)
}

function sendAfter(ms: number): void {
  clearTimeout(timer)
  timer = setTimeout(() => void send(), ms)
}

async function send(): Promise<void> {
  clearTimeout(timer)
  const events = waiting().filter(({ id }) => !underWay.has(id))
  if (events.length === 0) return
  const batch = events.slice(0, BATCH)
  for (const { id } of batch) underWay.add(id)
  const isSettled = await deliver(batch).catch(() => false)
  for (const { id } of batch) underWay.delete(id)
  if (isSettled) {
    for (const { id } of batch) storage.removeItem(PREFIX + id)
    retryMs = RETRY_FIRST_MS
    if (waiting().length > 0) sendAfter(0)
  } else {
    sendAfter(retryMs)
    retryMs = Math.min(2 * retryMs, RETRY_LAST_MS)
  }
}

/** Whether nothing more is to be done for these: the server has them, or will never take them. */
async function deliver(events: readonly UsageEvent[]): Promise<boolean> {
  const first = await post(events)
  // The session that came with the page is good for a day; another comes with the page.
  const isOver = first.status === 401 || first.status === 403
  const { ok, status } = isOver && (await renewSession()) ? await post(events) : first
  return ok || status === 400 || status === 413
}

function post(events: readonly UsageEvent[]): Promise<Response> {
  return fetch(ENDPOINT, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
    // Goes on although the page is closed.
    keepalive: true,
  })
}

async function renewSession(): Promise<boolean> {
  const page = await fetch('/', { headers: { accept: 'text/html' }, cache: 'no-store' })
  return page.ok
}

function waiting(): UsageEvent[] {
  const events = storage
    .keys()
    .filter((key) => key.startsWith(PREFIX))
    .flatMap((key) => readEvent(key) ?? [])
  return events.sort((one, other) => one.occurredAt.localeCompare(other.occurredAt))
}

function readEvent(key: string): UsageEvent | undefined {
  try {
    return JSON.parse(storage.getItem(key) ?? '') as UsageEvent
  } catch {
    storage.removeItem(key)
    return undefined
  }
}

/** Tells which icons are taken together, and ends with the tab. Nothing tells one visit from another. */
function session(): string {
  try {
    const known = sessionStorage.getItem('iconql.session') ?? uuid()
    sessionStorage.setItem('iconql.session', known)
    return known
  } catch {
    return (sessionWithoutStorage ??= uuid())
  }
}

let sessionWithoutStorage: string | undefined

/** Version 4. `crypto.randomUUID` is there on https and localhost alone. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
