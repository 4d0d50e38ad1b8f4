import { useState, type ReactNode } from 'react'

interface Props {
  caption: string
  head: readonly ReactNode[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
}

/** The first column says what a row is of, the others are figures. What is too wide scrolls by itself. */
export function Table({ caption, head, rows }: Props) {
  return (
    <div className="table" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption className="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...others] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {others.map((cell, index) => (
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** A chart's figures, for who does not see it or wants to read them: made when they are asked for. */
export function AsTable({ of, make }: { of: string; make: () => Omit<Props, 'caption'> }) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details className="as-table" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        As a table<span className="unseen">: {of}</span>
      </summary>
      {isOpen && <Table caption={of} {...make()} />}
    </details>
  )
}
