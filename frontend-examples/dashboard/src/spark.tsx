import { WINDOW_MS, type Gap } from './live'

const WIDTH = 240
const HEIGHT = 40

interface Props {
  /** Milliseconds and values, the oldest first. */
  points: readonly (readonly [at: number, value: number])[]
  gaps: readonly Gap[]
  /** What the highest point is at least, so that little is not drawn as much. */
  atLeast: number
  /** When the line ends. */
  now: number
}

/** The last minutes of a figure: nothing is drawn where nothing is known. */
export function Spark({ points, gaps, atLeast, now }: Props) {
  const x = (at: number) => Math.max(0, WIDTH * (1 - (now - at) / WINDOW_MS))
  const highest = points.reduce((most, [, value]) => Math.max(most, value), atLeast)
  const y = (value: number) => HEIGHT - 2 - (value / highest) * (HEIGHT - 5)
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {gaps.map(({ from, to }) => (
        <rect key={from} className="gap" x={x(from)} width={Math.max(1, x(to ?? now) - x(from))} y="0" height={HEIGHT} />
      ))}
      {stretches(points, gaps).map((stretch) => (
        <polyline
          key={stretch[0]?.[0]}
          points={stretch.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')}
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  )
}

/** The line between the gaps. */
function stretches(points: Props['points'], gaps: readonly Gap[]): Props['points'][] {
  const parts: Props['points'][number][][] = [[]]
  let last = -Infinity
  for (const point of points) {
    const isCut = gaps.some(({ from }) => from >= last && from < point[0])
    if (isCut) parts.push([])
    parts.at(-1)?.push(point)
    last = point[0]
  }
  return parts.filter((part) => part.length > 0)
}
