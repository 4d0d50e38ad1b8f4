import { Symbol } from '../../common/symbols'
import { counted } from '../../common/words'
import type { SearchOrder } from './graphql/documents'
import { NOTHING_CHOSEN, countChosen, go, orderOf, type Place } from './place'
import type { Facets, Found } from './results'

const ORDERS: [SearchOrder, string][] = [
  ['RELEVANCE', 'Best match'],
  ['POPULARITY', 'Most used'],
  ['TRENDING', 'Trending'],
  ['NEWEST', 'Newest'],
  ['NAME', 'Name'],
]

/** How many there are, what narrows them down, in which order they come. */
export function Toolbar({ place, found }: { place: Place; found: Found | null }) {
  const order = orderOf(place)
  const hasQuery = place.query.trim() !== ''
  const orders = ORDERS.filter(([value]) => hasQuery || value !== 'RELEVANCE' || order === value)
  return (
    <div className="toolbar">
      <h1 aria-live="polite">{found ? counted(found.total, 'icon') : 'Icons'}</h1>
      {found?.correctedQuery && <Correction query={found.correctedQuery} />}
      {countChosen(place) > 0 && <Chips place={place} facets={found?.facets} />}
      <label className="order">
        <span>Sort</span>
        <select value={order} onChange={(event) => go({ order: event.target.value as SearchOrder })}>
          {orders.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

function Correction({ query }: { query: string }) {
  return (
    <p className="correction">
      with results for{' '}
      <button type="button" className="link" onClick={() => go({ query })}>
        {query}
      </button>
    </p>
  )
}

function Chips({ place, facets }: { place: Place; facets: Facets | undefined }) {
  const lists = [
    ['sets', facets?.sets],
    ['categories', facets?.categories],
    ['licenses', facets?.licenses],
  ] as const
  const chips = lists.flatMap(([key, choices]) =>
    place[key].map((value) => ({
      key: `${key} ${value}`,
      label: choices?.find((choice) => choice.value === value)?.label ?? value,
      remove: () => go({ [key]: place[key].filter((other) => other !== value) }),
    })),
  )
  if (place.palette !== null) {
    const label = place.palette ? 'Own colours' : 'One colour'
    chips.push({ key: 'palette', label, remove: () => go({ palette: null }) })
  }
  if (place.style) {
    const label = place.style === 'FILL' ? 'Fill' : 'Stroke'
    chips.push({ key: 'style', label, remove: () => go({ style: null }) })
  }
  return (
    <ul className="chips" aria-label="Chosen filters">
      {chips.map(({ key, label, remove }) => (
        <li key={key}>
          <button type="button" className="chip" onClick={remove} aria-label={`Remove ${label}`}>
            {label}
            <Symbol of="close" />
          </button>
        </li>
      ))}
      {chips.length > 1 && (
        <li>
          <button type="button" className="link" onClick={() => go(NOTHING_CHOSEN)}>
            Clear all
          </button>
        </li>
      )}
    </ul>
  )
}
