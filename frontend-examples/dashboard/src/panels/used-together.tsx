import { useAnswer } from '../answer'
import { amount, rate } from '../figures'
import { UsedTogether as Query } from '../graphql/documents'
import { IconName } from '../icon-name'
import { Panel, ofAll, type Asked } from '../panel'
import { Table } from '../table'

export function UsedTogether({ place, span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="Used together"
      note={`Pairs that sessions use more often than chance would have it${ofAll(place)}`}
      columns={8}
      answer={answer}
      read={({ analytics }) => (analytics?.coUsage?.length ? analytics.coUsage : null)}
      empty={
        <>
          <p>No two icons were used together often enough.</p>
          <p>Events say what belongs together by their sessionId. A longer range says more.</p>
        </>
      }
    >
      {(pairs) => (
        <Table
          caption="Icons used together"
          head={['Icons', 'Sessions', 'Against chance']}
          rows={pairs.map(({ a, b, score, support }) => ({
            key: `${a.name} ${b.name}`,
            cells: [
              <span className="pair">
                <IconName name={a.name} drawing={a} />
                <IconName name={b.name} drawing={b} />
              </span>,
              amount(support),
              `${rate(score)} ×`,
            ],
          }))}
        />
      )}
    </Panel>
  )
}
