import type { ReactNode } from 'react'

/** The page's own few icons, drawn with lines in the colour of the text. */
const SHAPES = {
  bag: <path d="M5 8h14l-1 12H6L5 8Zm4 0V6a3 3 0 0 1 6 0v2" />,
  chart: <path d="M4 4v16h16M8 16v-4m4 4V7m4 9v-6" />,
  check: <path d="m5 12.5 4.5 4.5L19 7.5" />,
  close: <path d="M6 6l12 12M18 6 6 18" />,
  download: <path d="M12 4v11m-4.5-4.5L12 15l4.5-4.5M5 20h14" />,
  filters: <path d="M4 7h9m5 0h2M4 17h2m5 0h9M13 4.5v5M6 14.5v5" />,
  flipX: <path d="M12 4v16M9 7 4 17h5V7Zm6 0 5 10h-5V7Z" />,
  flipY: <path d="M4 12h16M7 9 17 4v5H7Zm0 6 10 5v-5H7Z" />,
  key: <path d="M15.5 13.5a5 5 0 1 0-4.7-3.3L4 17v3h3.5v-2.5H10V15l2.2-2.2a5 5 0 0 0 3.3.7Zm.5-5h.01" />,
  search: <path d="M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4 4" />,
  turn: <path d="M19 12a7 7 0 1 1-2.5-5.4M19 3v4h-4" />,
} satisfies Record<string, ReactNode>

export function Symbol({ of }: { of: keyof typeof SHAPES }) {
  return (
    <svg className="symbol" viewBox="0 0 24 24" aria-hidden="true">
      {SHAPES[of]}
    </svg>
  )
}
