import { useAnswer } from '../answer'
import { amount } from '../figures'
import { Errors as Query } from '../graphql/documents'
import { Panel, type Asked } from '../panel'
import { Table } from '../table'
import { momentName } from '../time'

export function Errors({ span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="Errors"
      note="By code and operation, the most frequent first"
      columns={6}
      answer={answer}
      read={({ analytics }) => (analytics?.errors?.length ? analytics.errors : null)}
      empty={
        <>
          <p>No answer had an error in this time.</p>
          <p>There is nothing to do.</p>
        </>
      }
    >
      {(errors) => (
        <Table
          caption="Errors"
          head={['Code', 'Times', 'Last', 'The newest']}
          rows={errors.map(({ code, operation, count, lastAt, sample }) => ({
            key: `${code} ${operation}`,
            cells: [
              <>
                <code>{code}</code>
                <span className="of">{operation ?? 'before an operation'}</span>
              </>,
              amount(count),
              momentName(Date.parse(lastAt)),
              <span className="sample">{sample}</span>,
            ],
          }))}
        />
      )}
    </Panel>
  )
}
