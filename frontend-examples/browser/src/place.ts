import { useSyncExternalStore } from 'react'
import type { IconFilter, IconStyle, SearchOrder } from './graphql/documents'

/** What is looked at, all of which stands in the address: a reload, a bookmark and a link to a colleague show the same. */
export interface Place {
  query: string
  sets: readonly string[]
  categories: readonly string[]
  licenses: readonly string[]
  palette: boolean | null
  style: IconStyle | null
  /** Null is the order that suits the query. */
  order: SearchOrder | null
  /** The icon whose details are open. */
  icon: string | null
}

/** The parts of a place that choose among the icons found. */
export type Chosen = Pick<Place, 'sets' | 'categories' | 'licenses' | 'palette' | 'style'>

const NAMES = { query: 'q', sets: 'set', categories: 'category', licenses: 'license', order: 'sort' } as const

const ORDERS: readonly string[] = ['RELEVANCE', 'NAME', 'NEWEST', 'POPULARITY', 'TRENDING'] satisfies SearchOrder[]

export const NOTHING_CHOSEN: Chosen = { sets: [], categories: [], licenses: [], palette: null, style: null }

export function readPlace(search: string): Place {
  const values = new URLSearchParams(search)
  const order = values.get(NAMES.order)?.toUpperCase() ?? ''
  const style = values.get('style')?.toUpperCase() ?? ''
  const palette = values.get('palette')
  return {
    query: values.get(NAMES.query) ?? '',
    sets: values.getAll(NAMES.sets),
    categories: values.getAll(NAMES.categories),
    licenses: values.getAll(NAMES.licenses),
    palette: palette === 'true' ? true : palette === 'false' ? false : null,
    style: style === 'FILL' || style === 'STROKE' ? style : null,
    order: ORDERS.includes(order) ? (order as SearchOrder) : null,
    icon: values.get('icon'),
  }
}

export function addressOf(place: Place): string {
  const values = new URLSearchParams()
  if (place.query) values.set(NAMES.query, place.query)
  for (const key of ['sets', 'categories', 'licenses'] as const) {
    for (const value of place[key]) values.append(NAMES[key], value)
  }
  if (place.palette !== null) values.set('palette', String(place.palette))
  if (place.style) values.set('style', place.style.toLowerCase())
  if (place.order) values.set(NAMES.order, place.order.toLowerCase())
  if (place.icon) values.set('icon', place.icon)
  // A name reads better with its colon.
  const text = values.toString().replaceAll('%3A', ':')
  return text ? `/?${text}` : '/'
}

export function filterOf(place: Chosen): IconFilter {
  return {
    ...(place.sets.length > 0 && { prefixes: [...place.sets] }),
    ...(place.categories.length > 0 && { categories: [...place.categories] }),
    ...(place.licenses.length > 0 && { spdx: [...place.licenses] }),
    ...(place.palette !== null && { palette: place.palette }),
    ...(place.style && { style: place.style }),
  }
}

export function orderOf({ query, order }: Place): SearchOrder {
  return order ?? (query.trim() ? 'RELEVANCE' : 'NAME')
}

export function countChosen({ sets, categories, licenses, palette, style }: Chosen): number {
  return sets.length + categories.length + licenses.length + Number(palette !== null) + Number(style !== null)
}

let current = readPlace(location.search)
const listeners = new Set<() => void>()

addEventListener('popstate', () => {
  current = readPlace(location.search)
  tell()
})

/** Goes elsewhere: by a step that the back button undoes, or in place of where one is, as while typing. */
export function go(change: Partial<Place>, step: 'push' | 'replace' = 'push'): void {
  const next = { ...current, ...change }
  const address = addressOf(next)
  if (address === addressOf(current)) return
  current = next
  history[step === 'push' ? 'pushState' : 'replaceState'](null, '', address)
  tell()
}

export function usePlace(): Place {
  return useSyncExternalStore(subscribe, () => current)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function tell(): void {
  for (const listener of listeners) listener()
}
