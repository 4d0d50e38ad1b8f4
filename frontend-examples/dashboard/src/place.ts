import { useSyncExternalStore } from 'react'
import type { Dimension, UsageTarget } from './graphql/documents'
import { LONGEST_MS, PRESETS, type Preset, type Range } from './time'

/** What is looked at, all of which stands in the address: a reload, a bookmark and a link to a colleague show the same. */
export interface Place {
  range: Range
  /** The icon or the set whose use is shown; null is all. */
  of: string | null
  /** What use over time is told apart by. */
  by: Dimension | null
  /** Whether live figures are of all instances together. */
  isFleet: boolean
}

export const USUAL_RANGE: Preset = '7d'

/** What use over time can be told apart by, with what a person reads. */
export const DIMENSIONS = [
  ['KIND', 'What was done'],
  ['SET', 'Set'],
  ['COUNTRY', 'Country'],
  ['DEVICE', 'Device'],
  ['CLIENT', 'Program'],
] as const satisfies readonly (readonly [Dimension, string])[]

const NAME = /^[a-z0-9]+(-[a-z0-9]+)*(:[a-z0-9]+(-[a-z0-9]+)*)?$/

export function readPlace(search: string): Place {
  const values = new URLSearchParams(search)
  const of = values.get('of')
  const by = values.get('by')?.toUpperCase()
  return {
    range: readRange(values),
    of: of !== null && NAME.test(of) ? of : null,
    by: DIMENSIONS.find(([dimension]) => dimension === by)?.[0] ?? null,
    isFleet: values.get('live') === 'fleet',
  }
}

function readRange(values: URLSearchParams): Range {
  const preset = values.get('range') ?? ''
  if (preset in PRESETS) return preset as Preset
  const from = Date.parse(values.get('from') ?? '')
  const to = Date.parse(values.get('to') ?? '')
  return mistakeOf(from, to) === null ? { from: new Date(from).toISOString(), to: new Date(to).toISOString() } : USUAL_RANGE
}

/** Why there is nothing to show between two moments, in milliseconds; null where there is. */
export function mistakeOf(from: number, to: number): string | null {
  if (Number.isNaN(from) || Number.isNaN(to)) return 'Choose when it begins and when it ends.'
  if (to <= from) return 'It has to end after it begins.'
  if (to - from > LONGEST_MS) return 'It can be three years long at most.'
  return null
}

export function addressOf({ range, of, by, isFleet }: Place): string {
  const values = new URLSearchParams()
  if (typeof range !== 'string') {
    values.set('from', range.from)
    values.set('to', range.to)
  } else if (range !== USUAL_RANGE) {
    values.set('range', range)
  }
  if (of) values.set('of', of)
  if (by) values.set('by', by.toLowerCase())
  if (isFleet) values.set('live', 'fleet')
  const text = values.toString().replaceAll('%3A', ':')
  return text ? `/dashboard?${text}` : '/dashboard'
}

/** Of whom a panel asks. */
export function targetOf({ of }: Place): UsageTarget | null {
  if (of === null) return null
  return of.includes(':') ? { icon: of } : { set: of }
}

let current = readPlace(location.search)
const listeners = new Set<() => void>()

addEventListener('popstate', () => {
  current = readPlace(location.search)
  tell()
})

/** Goes elsewhere, by a step that the back button undoes. */
export function go(change: Partial<Place>): void {
  const next = { ...current, ...change }
  const address = addressOf(next)
  if (address === addressOf(current)) return
  current = next
  history.pushState(null, '', address)
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
