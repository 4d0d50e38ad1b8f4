import { counted } from '../../../common/words'
import { useAnswer } from '../answer'
import { change, rate } from '../figures'
import { Trends as Query, type ChangeFragment } from '../graphql/documents'
import { IconName } from '../icon-name'
import { Panel, ofAll, type Asked } from '../panel'

export function Trends({ place, span }: Asked) {
  const answer = useAnswer(Query, { range: span.range })
  return (
    <Panel
      title="Rising and falling"
      note={`The second half of the range against the first, the surest first${ofAll(place)}`}
      columns={4}
      answer={answer}
      read={({ analytics }) => {
        const [rising, falling] = [analytics?.rising ?? [], analytics?.falling ?? []]
        return rising.length + falling.length > 0 ? { rising, falling } : null
      }}
      empty={
        <>
          <p>No icon rises or falls so surely that it is no chance.</p>
          <p>A longer range says more.</p>
        </>
      }
    >
      {({ rising, falling }) => (
        <>
          <Changes label="Rising" changes={rising} />
          <Changes label="Falling" changes={falling} />
        </>
      )}
    </Panel>
  )
}

function Changes({ label, changes }: { label: string; changes: readonly ChangeFragment[] }) {
  if (changes.length === 0) return null
  return (
    <ul className="changes" aria-label={label}>
      {changes.map((trend) => (
        <li key={trend.icon.name}>
          <IconName name={trend.icon.name} drawing={trend.icon} />
          <span className="count" title={`${rate(Math.abs(trend.slope))} a day ${trend.slope < 0 ? 'less' : 'more'} each day`}>
            {counted(trend.count, 'use')}
          </span>
          <span className="change" data-change={Math.sign(trend.change)}>
            {change(trend.change)}
          </span>
        </li>
      ))}
    </ul>
  )
}
