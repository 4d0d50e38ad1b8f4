import { useEffect, useLayoutEffect, useReducer, useRef } from 'react'

interface Drawable {
  /** Those that are placed, in the order in which they are to be drawn. */
  rows: readonly number[]
  /** How many have icons. */
  loaded: number
  /** Is never waited for. */
  atOnce: number
  perFrame: number
}

/**
 * The rows that show their icons. However many come into view, or get their icons there, only a few are drawn with each frame; another
 * list is there at once.
 */
export function useDrawnRows(key: string | undefined, { rows, loaded, atOnce, perFrame }: Drawable): ReadonlySet<number> {
  const before = useRef<{ key: string | undefined; drawn: ReadonlySet<number> }>({ key: undefined, drawn: new Set() })
  const frame = useFrame()
  const withIcons = rows.filter((row) => row < loaded)
  const isDrawn = (row: number) => before.current.key !== key || row === atOnce || before.current.drawn.has(row)
  const waiting = withIcons.filter((row) => !isDrawn(row))
  const fresh = waiting.slice(0, Math.max(0, perFrame - frame.spent()))
  const drawn = new Set([...withIcons.filter(isDrawn), ...fresh])
  useLayoutEffect(() => {
    before.current = { key, drawn }
    if (waiting.length > 0) frame.spend(fresh.length, waiting.length > fresh.length)
  })
  return drawn
}

/** What was drawn since the last frame began, however often React has drawn since; where something is left, the next frame goes on. */
function useFrame() {
  const state = useRef({ spent: 0, isBehind: false, request: 0 })
  const [, goOn] = useReducer((times: number) => times + 1, 0)
  useEffect(() => () => cancelAnimationFrame(state.current.request), [])
  return {
    spent: () => state.current.spent,
    spend(rows: number, isBehind: boolean) {
      const { spent, request } = state.current
      const next = () => {
        const wasBehind = state.current.isBehind
        state.current = { spent: 0, isBehind: false, request: 0 }
        if (wasBehind) goOn()
      }
      state.current = { spent: spent + rows, isBehind, request: request || requestAnimationFrame(next) }
    },
  }
}
