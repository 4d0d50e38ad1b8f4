import type { CSSProperties } from 'react'
import { useAnswer } from '../answer'
import { percent, rate } from '../figures'
import { Promises as Query, type PromisesQuery } from '../graphql/documents'
import { NoWork, Panel, type Asked } from '../panel'

type Slo = NonNullable<NonNullable<PromisesQuery['analytics']>['slos']>[number]

const NAMES: Record<string, string> = {
  latency_p95: 'Fast: 95 of 100 in time',
  latency_p99: 'Never slow: 99 of 100 in time',
  errors: 'Without an error of ours',
  popular_hit_rate: 'Popular icons from memory',
}

export function Promises({ span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="What is promised"
      note="How much of what may go wrong is left"
      columns={4}
      answer={answer}
      read={({ analytics }) => (analytics?.slos?.length ? analytics.slos : null)}
      empty={<NoWork />}
    >
      {(slos) => (
        <ul className="promises">
          {slos.map((slo) => (
            <Promise key={slo.name} {...slo} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Promise({ name, objective, attained, budgetLeft, burnRate }: Slo) {
  const isKept = budgetLeft >= 0
  const left = Math.max(0, Math.min(1, budgetLeft))
  const state = !isKept ? 'broken' : budgetLeft < 0.25 || burnRate > 1 ? 'close' : 'kept'
  return (
    <li data-state={state}>
      <p className="promise-head">
        <span>{NAMES[name] ?? name}</span>
        <b>{isKept ? `${percent(budgetLeft, 0)} left` : 'used up'}</b>
      </p>
      <span className="bar" style={{ '--share': left } as CSSProperties} />
      <p className="note">
        {percent(attained, 2)} were, {percent(objective, 2)} are to be
        {burnRate > 0 && ` · spent ${rate(burnRate)} × as fast as may be, in the last hour`}
      </p>
    </li>
  )
}
