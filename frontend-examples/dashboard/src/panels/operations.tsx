import { useAnswer } from '../answer'
import { amount, duration, percent, rate } from '../figures'
import { SlowOperations as Query } from '../graphql/documents'
import { NoWork, Panel, type Asked } from '../panel'
import { Table } from '../table'

export function Operations({ span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="Operations"
      note="Those that took most time in all"
      columns={12}
      answer={answer}
      read={({ analytics }) => (analytics?.operations?.length ? analytics.operations : null)}
      empty={<NoWork />}
    >
      {(operations) => (
        <Table
          caption="Operations"
          head={['Operation', 'Answered', 'p50', 'p95', 'p99', 'With an error', 'Statements each', 'From memory']}
          rows={operations.map(({ operation, count, p50Ms, p95Ms, p99Ms, errorRate, sqlPerRequest, cacheHitRate }) => ({
            key: operation,
            cells: [
              <code>{operation}</code>,
              amount(count),
              duration(p50Ms),
              duration(p95Ms),
              duration(p99Ms),
              percent(errorRate),
              rate(sqlPerRequest),
              percent(cacheHitRate, 0),
            ],
          }))}
        />
      )}
    </Panel>
  )
}
