import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual'
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useDrawnRows } from './drawn-rows'
import type { TileFragment } from './graphql/documents'
import { go } from './place'
import type { Found } from './results'
import { Row } from './row'
import { bag, toggleInBag } from './shelf'
import { announce } from './announcer'

/** Icons of a page. */
const PAGE = 100

/** The next page is asked for when fewer icons than this are left below what is seen. */
const AHEAD = 60

/** And as many more as pass by in so many milliseconds: rows that get their icons where they are seen are drawn twice, and all at once. */
const AHEAD_MS = 250
const MOST_AHEAD = 200

/** Icons that are drawn for the first time in one frame: more would make it late. */
const ICONS_A_FRAME = 36

const NO_TILES: readonly TileFragment[] = []

/** Sides of a place in the grid, in pixels; it grows in width to fill its row. */
const WIDE = { width: 104, height: 104 }
const NARROW = { width: 84, height: 92 }

/** Rows beyond the edges of what is seen. */
const OVERSCAN = 4

interface Props {
  found: Found | null
  more: () => void
  /** Asks for nothing more by itself. */
  isHalted: boolean
  openName: string | null
  /** Whether icons say which set they are of. */
  isMixed: boolean
  /** What scrolls away above the icons. */
  above: ReactNode
}

/** All found icons in rows, of which only those that are seen are in the document. */
export function Grid({ found, more, isHalted, openName, isMixed, above }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const head = useRef<HTMLDivElement>(null)
  const width = useSize(scroller).width
  const scrollMargin = useSize(head).height
  const tiles = found?.tiles ?? NO_TILES
  const { columns, height } = layOut(width)
  const [active, setActive] = useActive(found?.key, scroller)

  // The page that is on its way has its room already.
  const expected = found?.cursor ? Math.min(found.total, tiles.length + PAGE) : tiles.length
  const activeRow = Math.floor(active / columns)
  const rows = useVirtualizer({
    count: width === 0 ? 0 : Math.ceil(expected / columns),
    getScrollElement: () => scroller.current,
    estimateSize: useCallback(() => height, [height]),
    overscan: OVERSCAN,
    scrollMargin,
    // What has the focus stays in the document, wherever it was scrolled to.
    rangeExtractor: useCallback((range: Range) => withRow(defaultRangeExtractor(range), activeRow, range.count), [activeRow]),
  })
  useLayoutEffect(() => rows.measure(), [rows, height, columns])

  const seen = rows.range ? (rows.range.endIndex + 1) * columns : 0
  const speedAt = useSpeed()
  useEffect(() => {
    const ahead = Math.min(MOST_AHEAD, AHEAD + AHEAD_MS * speedAt(seen))
    if (found?.cursor && !isHalted && seen + ahead > tiles.length) more()
  }, [found, isHalted, seen, tiles.length, more, speedAt])

  const placed = rows.getVirtualItems()
  const isSeen = ({ index }: { index: number }) => !!rows.range && index >= rows.range.startIndex && index <= rows.range.endIndex
  const drawn = useDrawnRows(found?.key, {
    rows: [...placed.filter(isSeen), ...placed.filter((row) => !isSeen(row))].map(({ index }) => index),
    loaded: Math.ceil(tiles.length / columns),
    atOnce: activeRow,
    perFrame: Math.max(1, Math.floor(ICONS_A_FRAME / columns)),
  })

  const bagged = bag.use()
  const hasFocus = useRef(false)
  const moveTo = (index: number) => {
    const next = Math.max(0, Math.min(tiles.length - 1, index))
    hasFocus.current = true
    setActive(next)
    rows.scrollToIndex(Math.floor(next / columns))
  }
  // Another width puts icons into other rows, as elements of their own: the focus goes with its icon.
  useLayoutEffect(() => {
    if (!hasFocus.current) return
    scroller.current?.querySelector<HTMLElement>(`[data-index="${active}"]`)?.focus({ preventScroll: true })
  }, [active, columns])

  const onKey = (event: KeyboardEvent) => {
    if (event.altKey || indexOf(event.target) === null) return
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 1)
    const target = targetOf(event, { active, columns, page, last: tiles.length - 1 })
    const tile = tiles[active]
    if (target !== null) moveTo(target)
    else if (tile && isPlain(event)) actOn(event.key, tile)
    if (target !== null || (isPlain(event) && [' ', 'Enter'].includes(event.key))) event.preventDefault()
  }

  return (
    <div ref={scroller} className="scroller">
      <div ref={head}>{above}</div>
      <div
        role="grid"
        aria-label="Icons"
        aria-rowcount={Math.ceil((found?.total ?? 0) / columns)}
        aria-colcount={columns}
        aria-busy={!found}
        className="grid"
        style={{ height: rows.getTotalSize() }}
        onKeyDown={onKey}
        onFocus={({ target }) => {
          hasFocus.current = true
          setActive(indexOf(target) ?? active)
        }}
        onBlur={({ relatedTarget }) => {
          // What leaves the document says no other that has the focus now.
          if (relatedTarget) hasFocus.current = false
        }}
        onClick={({ target }) => {
          const tile = tiles[indexOf(target) ?? -1]
          if (tile) go({ icon: tile.name })
        }}
      >
        {placed.map((row) => (
          <Row
            key={row.key}
            index={row.index}
            offset={row.start - scrollMargin}
            tiles={drawn.has(row.index) ? tiles : NO_TILES}
            columns={columns}
            height={height}
            active={row.index === activeRow ? active : -1}
            openName={openName}
            isMixed={isMixed}
            bagged={bagged}
          />
        ))}
      </div>
    </div>
  )
}

/** The place in the list that the keyboard is at. It begins anew with another list. */
function useActive(key: string | undefined, scroller: { current: HTMLElement | null }): [number, (index: number) => void] {
  const [active, setActive] = useState({ key, index: 0 })
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: 0 })
  }, [key, scroller])
  const set = useCallback((index: number) => setActive({ key, index }), [key])
  return [active.key === key ? active.index : 0, set]
}

/** How many icons pass by in a millisecond, from where they were when that was asked before. */
function useSpeed(): (seen: number) => number {
  const last = useRef({ seen: 0, time: 0 })
  return useCallback((seen) => {
    const { seen: before, time } = last.current
    const now = performance.now()
    last.current = { seen, time: now }
    return Math.max(0, seen - before) / Math.max(1, now - time)
  }, [])
}

/** How large an element is inside, before it is painted and whenever that changes. */
function useSize(element: { current: HTMLElement | null }): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const box = element.current
    if (!box) return undefined
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = box
      setSize((before) => (before.width === width && before.height === height ? before : { width, height }))
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(box)
    return () => observer.disconnect()
  }, [element])
  return size
}

function layOut(width: number): { columns: number; height: number } {
  const place = width < 520 ? NARROW : WIDE
  return { columns: Math.max(2, Math.floor(width / place.width)), height: place.height }
}

function withRow(rows: number[], row: number, count: number): number[] {
  return row >= count || rows.includes(row) ? rows : [...rows, row].sort((one, other) => one - other)
}

function indexOf(target: EventTarget): number | null {
  const index = target instanceof Element ? target.closest<HTMLElement>('[data-index]')?.dataset.index : undefined
  return index === undefined ? null : Number(index)
}

function isPlain({ ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return !ctrlKey && !metaKey && !shiftKey
}

interface At {
  active: number
  columns: number
  /** Rows of a screen. */
  page: number
  last: number
}

/** Where a key leads to, as in every grid; null where it leads nowhere. */
function targetOf({ key, ctrlKey, metaKey }: KeyboardEvent, { active, columns, page, last }: At): number | null {
  const first = active - (active % columns)
  const isFar = ctrlKey || metaKey
  const targets: Record<string, number> = {
    ArrowLeft: active - 1,
    ArrowRight: active + 1,
    ArrowUp: active - columns < 0 ? active : active - columns,
    ArrowDown: active + columns > last ? active : active + columns,
    Home: isFar ? 0 : first,
    End: isFar ? last : first + columns - 1,
    PageUp: Math.max(active % columns, active - page * columns),
    PageDown: active + page * columns,
  }
  return targets[key] ?? null
}

function actOn(key: string, tile: TileFragment): void {
  if (key === 'Enter' || key === ' ') go({ icon: tile.name })
  else if (key === 'c') void import('./taking').then(({ copySvg }) => copySvg(tile))
  else if (key === 'b') announce(toggleInBag(tile.name) ? `${tile.name} is in the bag` : `${tile.name} is not in the bag`)
}
