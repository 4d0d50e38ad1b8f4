import { useAnswer } from '../answer'
import { amount, duration } from '../figures'
import { SlowStatements as Query } from '../graphql/documents'
import { Panel, type Asked } from '../panel'

export function Statements({ span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="Slow statements"
      note="Of the database, those that took most time in all"
      columns={12}
      answer={answer}
      read={({ analytics }) => (analytics?.database?.slowQueries.length ? analytics.database.slowQueries : null)}
      empty={
        <>
          <p>No statement was slow in this time.</p>
          <p>
            From which time on one counts as slow, <code>SLOW_QUERY_THRESHOLD_MS</code> says.
          </p>
        </>
      }
    >
      {(statements) => (
        <ul className="statements">
          {statements.map(({ statement, count, meanMs, maxMs, plan }) => (
            <li key={statement}>
              <code>{statement}</code>
              <p className="note">
                {amount(count)} × · {duration(meanMs)} on average · {duration(maxMs)} at most
              </p>
              {plan && (
                <details className="as-table">
                  <summary>How the database went about it</summary>
                  <pre tabIndex={0}>{plan}</pre>
                </details>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
