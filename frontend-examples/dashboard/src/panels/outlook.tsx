import { useMemo } from 'react'
import { useAnswer } from '../answer'
import { amount, percent } from '../figures'
import { Outlook as Query, type Interval, type OutlookQuery } from '../graphql/documents'
import { LazyChart } from '../lazy-chart'
import { Panel, type Asked } from '../panel'
import { targetOf } from '../place'
import { AsTable } from '../table'
import { MINUTE_MS, floor, iso, isOfUtc, stepName, stepOf } from '../time'

/** How many steps are shown of what was, and of what is to come. */
const STEPS: Record<Interval, { past: number; future: number; words: string }> = {
  MINUTE: { past: 96, future: 36, words: '36 hours' },
  HOUR: { past: 96, future: 36, words: '36 hours' },
  DAY: { past: 42, future: 14, words: '14 days' },
  WEEK: { past: 40, future: 8, words: '8 weeks' },
}

const CONFIDENCE = 0.9

type Analytics = NonNullable<OutlookQuery['analytics']>
type Shown = { history: NonNullable<Analytics['usageSeries']>[number]['points']; forecast: NonNullable<Analytics['forecast']> }

/** From now on, whichever range is chosen: by the hour, the day or the week, as the range is looked at. */
export function Outlook({ place, span, now }: Asked) {
  const interval = span.interval === 'MINUTE' ? 'HOUR' : span.interval
  const { past, future, words } = STEPS[interval]
  const from = floor(now, interval) - past * stepOf(interval)
  const to = Math.ceil(now / MINUTE_MS) * MINUTE_MS
  const answer = useAnswer(Query, {
    target: targetOf(place),
    history: { from: iso(from), to: iso(to) },
    interval,
    horizon: future,
    confidence: CONFIDENCE,
  })
  return (
    <Panel
      title="Outlook"
      note={`The next ${words}, and between which bounds they are to lie 9 times of 10`}
      columns={8}
      answer={answer}
      read={({ analytics }) => {
        const { usageSeries, forecast } = analytics ?? {}
        return forecast ? { history: usageSeries?.[0]?.points ?? [], forecast } : null
      }}
      empty={
        <>
          <p>There is too little history to say anything: ten {interval.toLowerCase()}s of use are needed.</p>
          <p>Choose a shorter range to look at it by shorter steps, or come back later.</p>
        </>
      }
    >
      {(shown) => <Lines {...shown} interval={interval} />}
    </Panel>
  )
}

function Lines({ history, forecast, interval }: Shown & { interval: Interval }) {
  const { times, was, expected, upper, lower } = useMemo(() => columnsOf(history, forecast.points), [history, forecast])
  const name = (at: number) => stepName(at, interval)
  const lines = useMemo(
    () => [
      { label: 'Was', values: was, colour: 0 },
      { label: 'Expected', values: expected, colour: 1, isDashed: true },
      { label: 'At most', values: upper, colour: 6, isFaint: true },
      { label: 'At least', values: lower, colour: 6, isFaint: true },
    ],
    [was, expected, upper, lower],
  )
  const sum = forecast.points.reduce((total, { value }) => total + value, 0)
  const { backtestSmape, model } = forecast
  return (
    <>
      <LazyChart
        label={`Expected: ${amount(sum)} uses in ${forecast.points.length} ${interval.toLowerCase()}s`}
        times={times}
        lines={lines}
        band={[2, 3]}
        format={amount}
        name={name}
        isUtc={isOfUtc(interval)}
      />
      <dl className="facts">
        <div>
          <dt>Model</dt>
          <dd>{model}</dd>
        </div>
        <div>
          <dt>When it was told only of what came before</dt>
          <dd>{backtestSmape === null ? 'too little history to try it' : `it was ${percent(backtestSmape, 0)} off (sMAPE)`}</dd>
        </div>
      </dl>
      <AsTable
        of="What is expected"
        make={() => ({
          head: ['From', 'Expected', 'At least', 'At most'],
          rows: forecast.points.map(({ at, value, lower, upper }) => ({
            key: at,
            cells: [name(Date.parse(at)), amount(value), amount(lower), amount(upper)],
          })),
        })}
      />
    </>
  )
}

/** One axis of what was and what is to come; the step that goes on is not yet what it will have been. */
function columnsOf(history: Shown['history'], points: Shown['forecast']['points']) {
  const first = Date.parse(points[0]?.at ?? '')
  const past = history.filter(({ at }) => Date.parse(at) < first)
  const nothing = (count: number) => Array.from({ length: count }, () => null)
  const last = past.at(-1)?.count
  // The lines meet where what is known ends.
  const joined = (values: number[]) => (last === undefined ? values : [...nothing(past.length - 1), last, ...values])
  return {
    times: [...past, ...points].map(({ at }) => Date.parse(at)),
    was: [...past.map(({ count }) => count), ...nothing(points.length)],
    expected: joined(points.map(({ value }) => value)),
    upper: joined(points.map((point) => point.upper)),
    lower: joined(points.map((point) => point.lower)),
  }
}
