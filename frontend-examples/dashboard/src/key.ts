import { useSyncExternalStore } from 'react'

const NAME = 'iconql.key'

/** Ends with the tab; where the browser keeps nothing, with the page. */
let key = read()
const listeners = new Set<() => void>()

function read(): string | null {
  try {
    return sessionStorage.getItem(NAME)
  } catch {
    return null
  }
}

/** The API key that goes along with every request of this tab; null where none was entered. */
export function currentKey(): string | null {
  return key
}

export function setKey(next: string | null): void {
  key = next
  try {
    if (next === null) sessionStorage.removeItem(NAME)
    else sessionStorage.setItem(NAME, next)
  } catch {
    // Then it is known until the page is left.
  }
  for (const listener of listeners) listener()
}

export function useKey(): string | null {
  return useSyncExternalStore(onKey, currentKey)
}

export function onKey(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** As it stands in a header, and in the greeting of a socket. */
export function authorization(): { authorization?: string } {
  return key === null ? {} : { authorization: `Bearer ${key}` }
}
