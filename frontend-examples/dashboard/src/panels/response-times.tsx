import { useMemo } from 'react'
import { useAnswer } from '../answer'
import { amount, duration } from '../figures'
import { ResponseTimes as Query, type ResponseTimesQuery } from '../graphql/documents'
import { LazyChart } from '../lazy-chart'
import { NoWork, Panel, type Asked } from '../panel'
import { AsTable } from '../table'
import { isOfUtc, stepName, type Span } from '../time'

type Points = NonNullable<NonNullable<ResponseTimesQuery['analytics']>['latency']>

const QUANTILES = [
  ['p99', 'p99Ms'],
  ['p95', 'p95Ms'],
  ['p50', 'p50Ms'],
] as const

export function ResponseTimes({ span }: Asked) {
  const answer = useAnswer(Query, span)
  const count = answer.data?.analytics?.latency?.reduce((sum, point) => sum + point.count, 0)
  return (
    <Panel
      title="Response times"
      note={count === undefined ? undefined : `of ${amount(count)} operations, from the document to the answer's bytes`}
      columns={8}
      answer={answer}
      read={({ analytics }) => (analytics?.latency?.some((point) => point.count > 0) ? analytics.latency : null)}
      empty={<NoWork />}
    >
      {(points) => <Lines points={points} span={span} />}
    </Panel>
  )
}

function Lines({ points, span }: { points: Points; span: Span }) {
  const { times, lines } = useMemo(
    () => ({
      times: points.map(({ at }) => Date.parse(at)),
      lines: QUANTILES.map(([label, key], colour) => ({
        label,
        values: points.map((point) => (point.count > 0 ? point[key] : null)),
        colour,
      })),
    }),
    [points],
  )
  const name = (at: number) => stepName(at, span.interval)
  const slowest = points.reduce((worst, point) => (point.p95Ms > worst.p95Ms ? point : worst))
  return (
    <>
      <LazyChart
        label={`Response times: p95 at most ${duration(slowest.p95Ms)}, on ${name(Date.parse(slowest.at))}`}
        times={times}
        lines={lines}
        format={duration}
        name={name}
        isUtc={isOfUtc(span.interval)}
      />
      <AsTable
        of="Response times"
        make={() => ({
          head: ['From', 'Operations', 'p50', 'p95', 'p99'],
          rows: points
            .filter(({ count }) => count > 0)
            .map(({ at, count, p50Ms, p95Ms, p99Ms }) => ({
              key: at,
              cells: [name(Date.parse(at)), amount(count), duration(p50Ms), duration(p95Ms), duration(p99Ms)],
            }))
            .reverse(),
        })}
      />
    </>
  )
}
