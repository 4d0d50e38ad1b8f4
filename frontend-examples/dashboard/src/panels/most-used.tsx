import { useAnswer } from '../answer'
import { Bars } from '../bars'
import { amount } from '../figures'
import { MostUsed as Query } from '../graphql/documents'
import { IconName } from '../icon-name'
import { NoUse, Panel, type Asked } from '../panel'

export function MostUsed({ place, span }: Asked) {
  const prefix = place.of?.split(':')[0]
  const answer = useAnswer(Query, { range: span.range, filter: prefix === undefined ? null : { prefixes: [prefix] } })
  return (
    <Panel
      title={prefix === undefined ? 'Most used icons' : `Most used icons of ${prefix}`}
      columns={4}
      answer={answer}
      read={({ analytics }) => (analytics?.topIcons?.length ? analytics.topIcons : null)}
      empty={<NoUse />}
    >
      {(icons) => (
        <Bars
          rows={icons.map(({ name, icon, count }) => ({
            key: name,
            label: <IconName name={name} drawing={icon} />,
            share: count / icons[0]!.count,
            value: amount(count),
          }))}
        />
      )}
    </Panel>
  )
}
