import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type CSSProperties } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Line {
  label: string
  /** One for each moment; nothing is drawn where it is null. */
  values: readonly (number | null)[]
  /** Which of the page's colours for lines, from 0. */
  colour: number
  isDashed?: boolean
  /** A bound, not what is looked at. */
  isFaint?: boolean
  /** Down to the axis. */
  isFilled?: boolean
}

interface Props {
  /** What the chart says, for who does not see it. */
  label: string
  /** Milliseconds, ascending. */
  times: readonly number[]
  lines: readonly Line[]
  /** Between which of the lines the ground is coloured. */
  band?: readonly [upper: number, lower: number]
  /** A value as a person reads it. */
  format: (value: number) => string
  /** A moment as a person reads it. */
  name: (at: number) => string
  /** Whether moments are days of UTC. */
  isUtc: boolean
  /** The highest value, where it is known. */
  most?: number
  /** Pixels. */
  height?: number
}

/** As `--line-0` and so on in `page.css`. */
export const COLOURS = 7

/** Lines over time. The library draws; colours, words and what stands under the pointer are the page's own. */
export default function Chart({ label, times, lines, band, format, name, isUtc, most, height = 220 }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const theme = useTheme()
  const [pointed, setPointed] = useState<{ index: number; left: number; isRight: boolean } | null>(null)
  // What has to be drawn by another plot; all else is new data of the same one.
  const look = JSON.stringify([lines.map(({ values: _, ...line }) => line), band, isUtc, most, height, theme])
  const data = useMemo(
    () => [times.map((at) => at / 1000), ...lines.map(({ values }) => values)] as unknown as uPlot.AlignedData,
    [times, lines],
  )
  const written = useRef(format)
  written.current = format

  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const width = () => Math.max(200, Math.floor(element.clientWidth))
    const note = ({ cursor }: uPlot) => {
      const { idx, left } = cursor
      const isOver = typeof idx === 'number' && left !== undefined && left >= 0
      setPointed(isOver ? { index: idx, left, isRight: left > width() / 2 } : null)
    }
    const chart = new uPlot(options({ element, width: width(), height, lines, band, isUtc, most, format: (value) => written.current(value), note }), data, element)
    plot.current = chart
    const observer = new ResizeObserver(() => chart.setSize({ width: width(), height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      chart.destroy()
      plot.current = null
    }
    // Data alone goes into the plot that is there.
  }, [look])

  useEffect(() => {
    plot.current?.setData(data)
  }, [data])

  const at = pointed && times[pointed.index]
  return (
    <div className="chart">
      <div ref={frame} role="img" aria-label={label} style={{ '--height': `${height}px` } as CSSProperties} />
      {pointed && at !== undefined && at !== null && (
        <div className="pointed" data-side={pointed.isRight ? 'left' : 'right'} style={{ '--left': `${pointed.left + AXIS}px` } as CSSProperties}>
          <p>{name(at)}</p>
          <ul>
            {lines.map((line) => {
              const value = line.values[pointed.index]
              return value === null || value === undefined ? null : (
                <li key={line.label} data-line={line.colour}>
                  <span>{line.label}</span> <b>{format(value)}</b>
                </li>
              )
            })}
          </ul>
        </div>
      )}
      {lines.length > 1 && (
        <ul className="legend">
          {lines.map((line) => (
            <li key={line.label} data-line={line.colour} data-dashed={line.isDashed ? '' : undefined}>
              {line.label}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** Pixels on the left, where the values are written. */
const AXIS = 52

interface Drawing {
  element: HTMLElement
  width: number
  height: number
  lines: readonly Line[]
  band: readonly [number, number] | undefined
  isUtc: boolean
  most: number | undefined
  format: (value: number) => string
  note: (plot: uPlot) => void
}

function options({ element, width, height, lines, band, isUtc, most, format, note }: Drawing): uPlot.Options {
  const colour = (name: string) => resolved(element, name)
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    padding: [8, 24, 0, 0],
    ...(isUtc && { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1000), 'UTC') }),
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    // Nobody is told half of a range whose values begin at a thousand.
    scales: { y: { range: (_, __, highest) => [0, most ?? (highest > 0 ? highest * 1.08 : 1)] } },
    axes: [
      { ...axis, values: TIMES, space: 64 },
      { ...axis, size: AXIS, values: (_, values) => values.map(format), space: 36 },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        stroke: colour(`--line-${line.colour % COLOURS}`),
        width: line.isFaint ? 1 : 1.75,
        points: { size: 5, filter: alone },
        spanGaps: false,
        ...(line.isDashed && { dash: [5, 4] }),
        ...(line.isFilled && { fill: colour(`--line-${line.colour % COLOURS}-ground`) }),
      })),
    ],
    ...(band && { bands: [{ series: [band[0] + 1, band[1] + 1], fill: colour('--band') }] }),
    hooks: { setCursor: [note] },
  }
}

/** What no line would show: what is known of a moment before and after which nothing is. */
const alone: uPlot.Series.Points.Filter = (plot, line, isShown) => {
  if (isShown) return null
  const values = Array.from(plot.data[line] ?? [])
  const isKnown = (index: number) => typeof values[index] === 'number'
  return values.flatMap((_, index) => (isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1) ? [index] : []))
}

/** Times at the axis, as a day of 24 hours: the step, what is written, and what is added where the year, the day or the minute is another. */
const TIMES: uPlot.Axis.Values = [
  [3600 * 24 * 365, '{YYYY}', null, null, null, null, null, null, 1],
  [3600 * 24 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [3600 * 24, '{D} {MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
] as unknown as uPlot.Axis.Values

/** A colour of the page as a canvas takes it. */
function resolved(element: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  element.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

const dark = matchMedia('(prefers-color-scheme: dark)')

function useTheme(): boolean {
  return useSyncExternalStore(
    (listener) => {
      dark.addEventListener('change', listener)
      return () => dark.removeEventListener('change', listener)
    },
    () => dark.matches,
  )
}
