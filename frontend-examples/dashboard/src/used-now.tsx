import { amount } from './figures'
import { IconName } from './icon-name'
import { connect, useLive } from './live'
import { Frame, Trouble } from './panel'
import { clockName } from './time'

const SHOWN = 8

/** What is used at this moment, as it is recorded. */
export function UsedNow() {
  const { ticks, uses, feedRefusal, status } = useLive()
  const used = ticks
    .flatMap(({ at, top }) => top.map(({ name, icon, count }) => ({ key: `${at} ${name}`, at, name, icon, count })))
    .slice(0, SHOWN)
  return (
    <Frame title="Used just now" columns={7} note={`${amount(uses)} ${uses === 1 ? 'use' : 'uses'} since this page was opened`}>
      {feedRefusal ? (
        <Trouble refusal={feedRefusal} onRetry={() => void connect()} />
      ) : used.length === 0 ? (
        <div className="empty">
          <p>{status === 'open' ? 'Nothing yet.' : 'Not connected.'}</p>
          <p>
            Copy or download an icon in <a href="/">the browser</a>: it is here a moment later.
          </p>
        </div>
      ) : (
        <ul className="used">
          {used.map(({ key, at, name, icon, count }) => (
            <li key={key}>
              <IconName name={name} drawing={icon} />
              <span className="count">{count === 1 ? '' : `${amount(count)} ×`}</span>
              <time dateTime={at}>{clockName(Date.parse(at))}</time>
            </li>
          ))}
        </ul>
      )}
    </Frame>
  )
}
