import { useAnswer } from '../answer'
import { amount, rate } from '../figures'
import { People as Query } from '../graphql/documents'
import { NoUse, Panel, ofAll, type Asked } from '../panel'

export function People({ place, span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="People"
      note={`As far as events say who; beyond 256, to about 2 %${ofAll(place)}`}
      columns={4}
      answer={answer}
      read={({ analytics }) => (analytics?.users && analytics.users.activeUsers + analytics.users.sessions > 0 ? analytics.users : null)}
      empty={<NoUse />}
    >
      {({ activeUsers, newUsers, returningUsers, sessions, iconsPerSession }) => (
        <dl className="figures">
          {(
            [
              ['People', amount(activeUsers)],
              ['of them new', amount(newUsers)],
              ['and known', amount(returningUsers)],
              ['Sessions', amount(sessions)],
              ['Icons in a session', rate(iconsPerSession)],
            ] as const
          ).map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  )
}
