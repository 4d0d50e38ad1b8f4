import type { CSSProperties, ReactNode } from 'react'

export interface Row {
  key: string
  label: ReactNode
  /** Of the bar's whole length, 0 to 1. */
  share: number
  value: string
}

export function Bars({ rows }: { rows: readonly Row[] }) {
  return (
    <ul className="bars">
      {rows.map(({ key, label, share, value }) => (
        <li key={key}>
          <span className="bar-label">{label}</span>
          <span className="bar-value">{value}</span>
          <span className="bar" style={{ '--share': Math.max(0.004, share) } as CSSProperties} />
        </li>
      ))}
    </ul>
  )
}
