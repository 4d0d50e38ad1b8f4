import type { ReactNode } from 'react'
import { Refusal } from '../../common/transport'
import { amount, bytes, duration, percent, rate } from './figures'
import { connect, useLive, type Live, type Snapshot } from './live'
import { Frame, Trouble } from './panel'
import { Spark } from './spark'
import { clockName, lengthName } from './time'

/** Whether figures come in, beside the title. */
export function LiveStatus() {
  const { status, gaps } = useLive()
  const lost = gaps.find(({ to }) => to === null)
  const since = lost && ` since ${clockName(lost.from)}`
  const text = {
    connecting: 'Connecting…',
    open: 'Live',
    lost: `Connection lost${since ?? ''}, trying again…`,
    stopped: 'Not connected',
  }[status]
  return (
    <p role="status" className="status" data-status={status}>
      {text}
    </p>
  )
}

interface Tile {
  label: string
  value: (snapshot: Snapshot) => string
  more?: (snapshot: Snapshot) => string
  line: (snapshot: Snapshot) => number
  /** The highest point of the line is at least this. */
  atLeast: number
}

const TILES: readonly Tile[] = [
  {
    label: 'Requests a second',
    value: ({ requestsPerSecond }) => rate(requestsPerSecond),
    more: ({ inFlight, errorRate }) => `${amount(inFlight)} under way · ${percent(errorRate)} failed`,
    line: ({ requestsPerSecond }) => requestsPerSecond,
    atLeast: 5,
  },
  {
    label: 'Response time, p95',
    value: ({ p95Ms }) => duration(p95Ms),
    more: ({ p50Ms, p99Ms }) => `p50 ${duration(p50Ms)} · p99 ${duration(p99Ms)}`,
    line: ({ p95Ms }) => p95Ms,
    atLeast: 10,
  },
  {
    label: 'Uses a second',
    value: ({ usageEventsPerSecond }) => rate(usageEventsPerSecond),
    more: ({ subscribers }) => `${amount(subscribers)} ${subscribers === 1 ? 'subscription' : 'subscriptions'} running`,
    line: ({ usageEventsPerSecond }) => usageEventsPerSecond,
    atLeast: 2,
  },
  {
    label: 'Database connections',
    value: ({ pool }) => `${amount(pool.open - pool.idle)} of ${amount(pool.max)}`,
    more: ({ pool }) => `${amount(pool.waiting)} waiting · p99 ${duration(pool.acquireP99Ms)}`,
    line: ({ pool }) => pool.open - pool.idle,
    atLeast: 4,
  },
  {
    label: 'Memory',
    value: ({ residentBytes }) => bytes(residentBytes),
    more: ({ caches }) => `${bytes(caches.reduce((sum, cache) => sum + cache.bytes, 0))} in caches`,
    line: ({ residentBytes }) => residentBytes,
    atLeast: 1,
  },
  {
    label: 'Processor',
    value: ({ cpuShare }) => percent(cpuShare, 0),
    more: () => 'of all cores',
    line: ({ cpuShare }) => cpuShare,
    atLeast: 0.2,
  },
]

/** The tiles, all of one socket. */
export function LiveFigures() {
  const live = useLive()
  const last = live.snapshots.at(-1)
  if (live.metricsRefusal) {
    return (
      <Frame title="Live figures" columns={12}>
        <Trouble refusal={live.metricsRefusal} onRetry={() => void connect()} />
      </Frame>
    )
  }
  const isLost = live.status === 'lost' && !last
  if (isLost) {
    return (
      <Frame title="Live figures" columns={12}>
        <Trouble refusal={new Refusal('The server cannot be reached. It is tried again every few seconds.')} onRetry={() => void connect()} />
      </Frame>
    )
  }
  return (
    <div className="tiles" data-lost={live.status === 'open' ? undefined : ''}>
      {TILES.map((tile) => (
        <LiveTile key={tile.label} label={tile.label} value={last && tile.value(last)} more={last && tile.more?.(last)}>
          <Line live={live} tile={tile} />
        </LiveTile>
      ))}
      <Layers snapshots={live.snapshots} />
      <Gaps live={live} />
    </div>
  )
}

function LiveTile({ label, value, more, children }: { label: string; value: string | undefined; more: string | undefined; children: ReactNode }) {
  return (
    <div className="tile" role="group" aria-label={label}>
      <p className="tile-label">{label}</p>
      <p className="tile-value">{value ?? '–'}</p>
      <p className="tile-more">{more ?? ' '}</p>
      {children}
    </div>
  )
}

function Line({ live, tile }: { live: Live; tile: Tile }) {
  const points = live.snapshots.map((snapshot) => [Date.parse(snapshot.at), tile.line(snapshot)] as const)
  return <Spark points={points} gaps={live.gaps} atLeast={tile.atLeast} now={live.now} />
}

const LAYERS = { RESPONSE: 'Answers', MEMORY: 'Memory', REDIS: 'Redis' } as const

/** What each layer had of what was looked for within the lines' time. Counts are since the start, and begin anew with it. */
function Layers({ snapshots }: { snapshots: readonly Snapshot[] }) {
  const [first, last] = [snapshots[0], snapshots.at(-1)]
  const layers = (last?.caches ?? []).map(({ layer, hits, misses, breaker }) => {
    const before = first?.caches.find((cache) => cache.layer === layer)
    const isAnew = !before || before.hits > hits || before.misses > misses
    const [found, missed] = isAnew ? [hits, misses] : [hits - before.hits, misses - before.misses]
    const share = found + missed === 0 ? 'not asked' : percent(found / (found + missed), 0)
    return { layer, text: { DISABLED: 'off', OPEN: 'away', CLOSED: share }[breaker] }
  })
  return (
    <div className="tile of-layers" role="group" aria-label="Found in caches">
      <p className="tile-label">Found in caches, 3 min</p>
      <dl className="layers">
        {layers.map(({ layer, text }) => (
          <div key={layer}>
            <dt>{LAYERS[layer]}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** When there were no figures, for as long as the lines show it. */
function Gaps({ live: { gaps } }: { live: Live }) {
  if (gaps.length === 0) return null
  return (
    <ul className="gaps">
      {gaps.map(({ from, to }) => (
        <li key={from}>
          {to === null ? `No figures since ${clockName(from)}` : `No figures from ${clockName(from)} to ${clockName(to)}, for ${lengthName(to - from)}`}
        </li>
      ))}
    </ul>
  )
}
