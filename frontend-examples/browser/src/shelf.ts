import type { TileFragment } from './graphql/documents'
import { storedList } from './storage'

/** How many icons are remembered as used. */
const RECENT = 16

/** As many as one request of names may have. */
export const BAG_MOST = 500

/** Icons that were copied or downloaded, the last one first: drawings and all, so that they need no request. */
export const recent = storedList<TileFragment>('iconql.recent', isTile)

/** Names of the icons in the bag, in the order in which they were put there. */
export const bag = storedList<string>('iconql.bag', (value): value is string => typeof value === 'string')

export function noteRecent(tile: TileFragment): void {
  const { name, body, left, top, width, height, palette } = tile
  // A few drawings are as large as all the others together.
  if (body.length > 20_000) return
  const others = recent.get().filter((other) => other.name !== name)
  recent.set([{ name, body, left, top, width, height, palette }, ...others].slice(0, RECENT))
}

/** Puts an icon into the bag, or takes it out; says whether it is in there now. */
export function toggleInBag(name: string): boolean {
  const names = bag.get()
  const isIn = names.includes(name)
  if (!isIn && names.length >= BAG_MOST) return false
  bag.set(isIn ? names.filter((other) => other !== name) : [...names, name])
  return !isIn
}

function isTile(value: unknown): value is TileFragment {
  if (typeof value !== 'object' || value === null) return false
  const { name, body, left, top, width, height, palette } = value as Record<string, unknown>
  return (
    typeof name === 'string' &&
    typeof body === 'string' &&
    [left, top, width, height].every((side) => typeof side === 'number') &&
    typeof palette === 'boolean'
  )
}
