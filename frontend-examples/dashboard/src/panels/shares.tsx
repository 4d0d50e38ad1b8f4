import { useAnswer } from '../answer'
import { Bars } from '../bars'
import { percent } from '../figures'
import { Shares as Query } from '../graphql/documents'
import { keyName } from '../names'
import { NoUse, Panel, type Asked } from '../panel'
import { go, targetOf } from '../place'

const TITLES = { COUNTRY: 'Countries', DEVICE: 'Devices', SET: 'Sets' } as const

/** What falls on each key of a dimension. */
export function Shares({ place, span, dimension }: Asked & { dimension: keyof typeof TITLES }) {
  const answer = useAnswer(Query, { target: targetOf(place), range: span.range, dimension })
  return (
    <Panel
      title={TITLES[dimension]}
      columns={4}
      answer={answer}
      read={({ analytics }) => (analytics?.distribution?.some(({ count }) => count > 0) ? analytics.distribution : null)}
      empty={<NoUse />}
    >
      {(keys) => (
        <Bars
          rows={keys.map(({ key, share }) => ({
            key,
            label: dimension === 'SET' ? <SetName prefix={key} /> : keyName(dimension, key),
            share,
            value: percent(share),
          }))}
        />
      )}
    </Panel>
  )
}

function SetName({ prefix }: { prefix: string }) {
  return (
    <button type="button" className="icon-name" title={`Use of ${prefix}`} onClick={() => go({ of: prefix })}>
      {prefix}
    </button>
  )
}
