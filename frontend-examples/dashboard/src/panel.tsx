import { useId, type ReactNode } from 'react'
import type { Refusal } from '../../common/transport'
import type { Answered } from './answer'
import { useOpenKey } from './key-form'
import type { Place } from './place'
import type { Span } from './time'

/** What a panel is to show. */
export interface Asked {
  place: Place
  span: Span
  /** Milliseconds; goes on by the minute. */
  now: number
}

/** What a note adds where a panel cannot tell of one icon or set alone, and others do. */
export function ofAll({ of }: Place): string {
  return of === null ? '' : ' · of all icons'
}

interface FrameProps {
  title: string
  /** What the figures mean, in a few words. */
  note?: ReactNode
  /** Columns of twelve that it takes on a wide screen. */
  columns: 3 | 4 | 5 | 6 | 7 | 8 | 12
  /** What stands beside the title. */
  tools?: ReactNode
  isLate?: boolean
  children: ReactNode
}

export function Frame({ title, note, columns, tools, isLate, children }: FrameProps) {
  const id = useId()
  return (
    <section className="panel" aria-labelledby={id} data-columns={columns} data-late={isLate ? '' : undefined}>
      <div className="panel-head">
        <h3 id={id}>{title}</h3>
        {tools}
      </div>
      {note && <p className="note">{note}</p>}
      {children}
    </section>
  )
}

interface PanelProps<Data, Shown> extends Omit<FrameProps, 'children' | 'isLate' | 'note'> {
  answer: Answered<Data>
  /** What there is to show of an answer; null where there is nothing. */
  read: (data: Data) => Shown | null
  /** What is said where there is nothing, and what to do about it. */
  empty: ReactNode
  note?: ReactNode
  children: (shown: Shown) => ReactNode
}

/** One question, and its answer, or why there is none. */
export function Panel<Data, Shown>({ answer, read, empty, children, ...frame }: PanelProps<Data, Shown>) {
  const { data, error, isLate, retry } = answer
  const shown = data && read(data)
  return (
    <Frame {...frame} isLate={isLate && data !== null}>
      {error ? (
        <Trouble refusal={error} onRetry={retry} />
      ) : data === null ? (
        <div className="waiting" role="img" aria-label="Being asked for" />
      ) : shown === null ? (
        <div className="empty">{empty}</div>
      ) : (
        children(shown)
      )}
    </Frame>
  )
}

/** What went wrong, and what can be done about it. */
export function Trouble({ refusal, onRetry }: { refusal: Refusal; onRetry: () => void }) {
  const openKey = useOpenKey()
  if (refusal.code === 'FORBIDDEN' || refusal.code === 'UNAUTHENTICATED') {
    const isLacking = refusal.scope !== undefined
    return (
      <div className="empty" role="alert">
        <p>
          {isLacking ? (
            <>
              This needs an API key with the scope <code>{refusal.scope}</code>.
            </>
          ) : (
            'The API key is not good here, or no longer.'
          )}
        </p>
        <button type="button" onClick={openKey}>
          {isLacking ? 'Enter a key' : 'Enter another key'}
        </button>
      </div>
    )
  }
  return (
    <div className="trouble" role="alert">
      <p>{refusal.message}</p>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  )
}

/** Where nothing was used: what to do about it. */
export function NoUse() {
  return (
    <>
      <p>Nothing was used in this time.</p>
      <p>
        Choose a longer range, or copy an icon in <a href="/">the browser</a>. To try the dashboard, <code>iconql demo-usage</code> makes some
        up.
      </p>
    </>
  )
}

/** Where the service was asked nothing. */
export function NoWork() {
  return (
    <>
      <p>Nothing was asked of the service in this time.</p>
      <p>Choose a longer range. Figures come with the next roll-up, a minute after the first requests.</p>
    </>
  )
}
