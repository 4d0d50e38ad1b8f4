import { useSyncExternalStore } from 'react'

const narrow = matchMedia('(max-width: 860px)')

/** Whether what stands beside the grid on a wide screen covers it on this one. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener)
      return () => narrow.removeEventListener('change', listener)
    },
    () => narrow.matches,
  )
}

const numbers = new Intl.NumberFormat('en')

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numbers.format(count)} ${count === 1 ? one : many}`
}

export function formatted(count: number): string {
  return numbers.format(count)
}

/** `mdi:home` as its two parts. */
export function partsOf(name: string): [prefix: string, key: string] {
  const colon = name.indexOf(':')
  return [name.slice(0, colon), name.slice(colon + 1)]
}
