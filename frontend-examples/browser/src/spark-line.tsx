const WIDTH = 240
const HEIGHT = 44

/** How something went, as a line without axes. */
export function SparkLine({ counts }: { counts: readonly number[] }) {
  const highest = Math.max(1, ...counts)
  const step = WIDTH / Math.max(1, counts.length - 1)
  const points = counts.map((count, index) => `${(index * step).toFixed(1)},${(HEIGHT - 2 - (count / highest) * (HEIGHT - 6)).toFixed(1)}`)
  const line = points.join(' ')
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Use over time, at most ${highest} in one of ${counts.length} steps`}
    >
      <polygon points={`0,${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
      <polyline points={line} vectorEffect="non-scaling-stroke" />
    </svg>
  )
}
