import { Suspense, lazy, type ComponentProps } from 'react'

const Chart = lazy(() => import('./chart'))

/** The library comes when there is something to draw. */
export function LazyChart(props: ComponentProps<typeof Chart>) {
  return (
    <Suspense fallback={<div className="waiting" />}>
      <Chart {...props} />
    </Suspense>
  )
}
