import { useAnswer } from '../answer'
import { duration } from '../figures'
import { Health as Query, type HealthStatus } from '../graphql/documents'
import { Panel } from '../panel'
import { lengthName, momentName } from '../time'

const WORDS: Record<HealthStatus, string> = { UP: 'works', DEGRADED: 'works badly', DOWN: 'is down', DISABLED: 'is off' }

/** How the parts of the instance that answers do, anew each minute. */
export function Health({ now }: { now: number }) {
  const answer = useAnswer(Query, {}, now)
  const { version, startedAt } = answer.data?.service ?? {}
  return (
    <Panel
      title="Health"
      note={version && startedAt && `Version ${version}, for ${lengthName(now - Date.parse(startedAt))}`}
      columns={5}
      answer={answer}
      read={({ service }) => service.health}
      empty={<p>The service says nothing of its health.</p>}
    >
      {(checks) => (
        <ul className="health">
          {checks.map(({ component, status, latencyMs, message, since }) => (
            <li key={component} data-status={status} title={`since ${momentName(Date.parse(since))}`}>
              <span className="health-name">{component}</span>
              <span>
                {WORDS[status]}
                {latencyMs !== null && `, ${duration(latencyMs)}`}
              </span>
              {message && <span className="note">{message}</span>}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
