import { useMemo } from 'react'
import { useAnswer } from '../answer'
import { amount, percent } from '../figures'
import { CacheEffect as Query, type CacheEffectQuery, type CacheLayerName } from '../graphql/documents'
import { LazyChart } from '../lazy-chart'
import { NoWork, Panel, type Asked } from '../panel'
import { Table } from '../table'
import { isOfUtc, stepName, type Span } from '../time'

type Points = NonNullable<NonNullable<CacheEffectQuery['analytics']>['cacheEffectiveness']>

const LAYERS: readonly (readonly [CacheLayerName, string])[] = [
  ['RESPONSE', 'Whole answers'],
  ['MEMORY', 'Things in memory'],
  ['REDIS', 'Redis'],
]

export function Caches({ span }: Asked) {
  const answer = useAnswer(Query, span)
  return (
    <Panel
      title="What caches had"
      note="Share of what was looked for that was there"
      columns={6}
      answer={answer}
      read={({ analytics }) => (analytics?.cacheEffectiveness?.length ? analytics.cacheEffectiveness : null)}
      empty={<NoWork />}
    >
      {(points) => <Layers points={points} span={span} />}
    </Panel>
  )
}

function Layers({ points, span }: { points: Points; span: Span }) {
  const { times, layers } = useMemo(() => layersOf(points), [points])
  const lines = useMemo(() => layers.map(({ label, values, colour }) => ({ label, values, colour })), [layers])
  const said = layers.map(({ label, found, missed }) => `${label} ${percent(found / (found + missed))}`)
  return (
    <>
      <LazyChart
        label={`Found in caches: ${said.join(', ')}`}
        times={times}
        lines={lines}
        most={1}
        format={(share) => percent(share, 0)}
        name={(at) => stepName(at, span.interval)}
        isUtc={isOfUtc(span.interval)}
      />
      <Table
        caption="Layers of the cache"
        head={['Layer', 'Found', 'Hits', 'Misses', 'Put out']}
        rows={layers.map(({ label, found, missed, evictions }) => ({
          key: label,
          cells: [label, percent(found / (found + missed)), amount(found), amount(missed), amount(evictions)],
        }))}
      />
    </>
  )
}

function layersOf(points: Points) {
  const times = [...new Set(points.map(({ at }) => Date.parse(at)))].sort((one, other) => one - other)
  const layers = LAYERS.map(([layer, label], colour) => {
    const own = points.filter((point) => point.layer === layer)
    const shares = new Map(own.map(({ at, hits, misses, hitRate }) => [Date.parse(at), hits + misses > 0 ? hitRate : null]))
    const sum = (key: 'hits' | 'misses' | 'evictions') => own.reduce((total, point) => total + point[key], 0)
    return {
      label,
      colour,
      values: times.map((at) => shares.get(at) ?? null),
      found: sum('hits'),
      missed: sum('misses'),
      evictions: sum('evictions'),
    }
  })
  return { times, layers: layers.filter(({ found, missed }) => found + missed > 0) }
}
