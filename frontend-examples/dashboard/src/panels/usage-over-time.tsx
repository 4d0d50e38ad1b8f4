import { useMemo } from 'react'
import { useAnswer } from '../answer'
import { amount } from '../figures'
import { UsageOverTime as Query, type Dimension, type UsageOverTimeQuery } from '../graphql/documents'
import { LazyChart } from '../lazy-chart'
import { keyName } from '../names'
import { NoUse, Panel, type Asked } from '../panel'
import { DIMENSIONS, go, targetOf } from '../place'
import { AsTable } from '../table'
import { isOfUtc, stepName, type Span } from '../time'

type Series = NonNullable<NonNullable<UsageOverTimeQuery['analytics']>['usageSeries']>

/** Lines of their own; what is used less goes together. */
const LINES = 6

export function UsageOverTime({ place, span }: Asked) {
  const answer = useAnswer(Query, { target: targetOf(place), range: span.range, interval: span.interval, by: place.by })
  const series = answer.data?.analytics?.usageSeries
  const total = series?.reduce((sum, { total }) => sum + total, 0)
  return (
    <Panel
      title={place.of ? `Use of ${place.of}` : 'Use'}
      note={total === undefined ? undefined : `${amount(total)} uses`}
      columns={8}
      answer={answer}
      tools={<ByPicker by={place.by} />}
      read={({ analytics }) => (analytics?.usageSeries?.some(({ total }) => total > 0) ? analytics.usageSeries : null)}
      empty={<NoUse />}
    >
      {(shown) => <Lines series={shown} by={place.by} span={span} />}
    </Panel>
  )
}

function ByPicker({ by }: { by: Dimension | null }) {
  return (
    <label className="select">
      <span>By</span>
      <select value={by ?? ''} onChange={({ target }) => go({ by: (target.value || null) as Dimension | null })}>
        <option value="">nothing</option>
        {DIMENSIONS.map(([dimension, label]) => (
          <option key={dimension} value={dimension}>
            {label.toLowerCase()}
          </option>
        ))}
      </select>
    </label>
  )
}

function Lines({ series, by, span }: { series: Series; by: Dimension | null; span: Span }) {
  const { times, lines } = useMemo(() => linesOf(series, by), [series, by])
  const name = (at: number) => stepName(at, span.interval)
  const sums = times.map((_, index) => lines.reduce((sum, { values }) => sum + values[index]!, 0))
  const most = sums.reduce((best, sum, index) => (sum > sums[best]! ? index : best), 0)
  const label = `Uses over time: ${amount(sums.reduce((sum, value) => sum + value, 0))} in all, at most ${amount(sums[most]!)}, on ${name(times[most]!)}`
  return (
    <>
      <LazyChart label={label} times={times} lines={lines} format={amount} name={name} isUtc={isOfUtc(span.interval)} height={340} />
      <AsTable
        of="Uses over time"
        make={() => ({
          head: ['From', ...lines.map((line) => line.label)],
          rows: times
            .map((at, index) => ({ key: String(at), cells: [name(at), ...lines.map(({ values }) => amount(values[index]!))] }))
            .reverse(),
        })}
      />
    </>
  )
}

function linesOf(series: Series, by: Dimension | null) {
  const sorted = [...series].sort((one, other) => other.total - one.total)
  const times = (sorted[0]?.points ?? []).map(({ at }) => Date.parse(at))
  const lines = sorted.slice(0, LINES).map(({ key, points }, colour) => ({
    label: key === null || by === null ? 'Uses' : keyName(by, key),
    values: points.map(({ count }) => count),
    colour,
    isFilled: sorted.length === 1,
  }))
  const others = sorted.slice(LINES)
  if (others.length > 0) {
    const values = times.map((_, index) => others.reduce((sum, { points }) => sum + (points[index]?.count ?? 0), 0))
    lines.push({ label: `${others.length} others`, values, colour: LINES, isFilled: false })
  }
  return { times, lines }
}
