import { useSyncExternalStore } from 'react'

/** The browser's own storage where it may be used, else memory that ends with the page. */
export const storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> & { keys: () => string[] } = (() => {
  try {
    const probe = 'iconql.probe'
    localStorage.setItem(probe, '')
    localStorage.removeItem(probe)
    return {
      getItem: (key: string) => localStorage.getItem(key),
      // A full storage loses what is new, and nothing else.
      setItem: (key: string, value: string) => void attempt(() => localStorage.setItem(key, value)),
      removeItem: (key: string) => localStorage.removeItem(key),
      keys: () => Object.keys(localStorage),
    }
  } catch {
    const values = new Map<string, string>()
    return {
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => void values.set(key, value),
      removeItem: (key: string) => void values.delete(key),
      keys: () => [...values.keys()],
    }
  }
})()

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // See above.
  }
}

/** A list that outlives the page and is the same in every tab. */
export interface StoredList<Item> {
  get: () => readonly Item[]
  set: (items: readonly Item[]) => void
  use: () => readonly Item[]
}

export function storedList<Item>(key: string, isItem: (value: unknown) => value is Item): StoredList<Item> {
  const listeners = new Set<() => void>()
  const tell = () => listeners.forEach((listener) => listener())
  let items = read()

  addEventListener('storage', (event) => {
    if (event.key !== key) return
    items = read()
    tell()
  })

  function read(): readonly Item[] {
    try {
      const stored: unknown = JSON.parse(storage.getItem(key) ?? '[]')
      return Array.isArray(stored) ? stored.filter(isItem) : []
    } catch {
      return []
    }
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return {
    get: () => items,
    set: (next) => {
      items = next
      storage.setItem(key, JSON.stringify(next))
      tell()
    },
    use: () => useSyncExternalStore(subscribe, () => items),
  }
}
