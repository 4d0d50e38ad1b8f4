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
