import { useMemo } from 'react'
import { counted } from '../../../common/words'
import { useAnswer } from '../answer'
import { amount } from '../figures'
import { UsageOverTime as Query, type Dimension, type UsageOverTimeQuery } from '../graphql/documents'
import { LazyChart } from '../lazy-chart'
import { keyName } from '../names'
import { NoUse, Panel, type Asked } from '../panel'
import { DIMENSIONS, go, targetOf } from '../place'
import { AsTable } from '../table'
import { isOfUtc, stepName, stepOf, type Span } from '../time'

type Series = NonNullable<NonNullable<UsageOverTimeQuery['analytics']>['usageSeries']>

/** Lines of their own; what is used less goes together. */
const LINES = 6

export function UsageOverTime({ place, span, now }: Asked) {
  const answer = useAnswer(Query, { target: targetOf(place), range: span.range, interval: span.interval, by: place.by })
  return (
    <Panel
      title={place.of ? `Use of ${place.of}` : 'Use'}
      note={answer.data?.analytics?.usageSeries && totalOf(answer.data.analytics.usageSeries, span, now)}
      columns={8}
      answer={answer}
      tools={<ByPicker by={place.by} />}
      read={({ analytics }) => (analytics?.usageSeries?.some(({ total }) => total > 0) ? analytics.usageSeries : null)}
      empty={<NoUse />}
    >
      {(shown) => <Lines series={shown} by={place.by} span={span} now={now} />}
    </Panel>
  )
}

/** What is counted, and what of it lately: the line ends before the step that goes on, whose count is not yet what it will have been. */
function totalOf(series: Series, span: Span, now: number): string {
  const words = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day', WEEK: 'week' }[span.interval]
  const points = series.flatMap(({ points }) => points)
  const sum = (counts: typeof points) => counts.reduce((total, { count }) => total + count, 0)
  const goingOn = points.filter(({ at }) => isGoingOn(Date.parse(at), span, now))
  const lately = goingOn.length > 0 ? `, ${amount(sum(goingOn))} of them in the ${words} that goes on` : ''
  return `${counted(sum(points), 'use')}${lately}`
}

function isGoingOn(at: number, { interval }: Span, now: number): boolean {
  return at + stepOf(interval) > now
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

function Lines({ series, by, span, now }: { series: Series; by: Dimension | null; span: Span; now: number }) {
  const { times, lines } = useMemo(() => linesOf(series, by), [series, by])
  const over = times.findLastIndex((at) => !isGoingOn(at, span, now)) + 1
  const drawn = useMemo(() => {
    // One step is a point, and no line, whether it is over or not.
    const end = over > 1 ? over : times.length
    return { times: times.slice(0, end), lines: lines.map((line) => ({ ...line, values: line.values.slice(0, end) })) }
  }, [times, lines, over])
  const name = (at: number) => stepName(at, span.interval)
  const sums = times.map((_, index) => lines.reduce((sum, { values }) => sum + values[index]!, 0))
  const most = sums.reduce((best, sum, index) => (sum > sums[best]! ? index : best), 0)
  const label = `Uses over time: ${amount(sums.reduce((sum, value) => sum + value, 0))} in all, at most ${amount(sums[most]!)}, on ${name(times[most]!)}`
  return (
    <>
      <LazyChart label={label} {...drawn} format={amount} name={name} isUtc={isOfUtc(span.interval)} height={340} />
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
