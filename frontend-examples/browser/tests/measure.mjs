// `npm run measure -w browser`: what a first visit takes, and what scrolling through ten thousand icons costs.
import { launchChromium } from '../../common/tests/chromium.mjs'
import { Server } from '../../common/tests/server.mjs'

const ICONS = 10_000
/** Pixels from one row to the next. */
const ROW = 104
/** Pixels a second: six screens. */
const SPEED = 5400
/** Work of the page's own code, as the browser's timeline calls it. */
const SCRIPTING = new Set(['EvaluateScript', 'EventDispatch', 'FireAnimationFrame', 'FireIdleCallback', 'FunctionCall', 'RunMicrotasks', 'TimerFire'])

const server = await Server.start()
const browser = await launchChromium()
try {
  await firstVisit()
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await scrollThrough(page)
} finally {
  await browser.close()
  await server.remove()
}

async function firstVisit() {
  const visits = []
  // The first one teaches the server the documents.
  for (let visit = 0; visit < 6; visit += 1) {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.addInitScript(() => {
      new MutationObserver((_, observer) => {
        if (!document.querySelector('.tile')) return
        performance.mark('icons')
        observer.disconnect()
      }).observe(document, { childList: true, subtree: true })
    })
    await page.goto(server.origin)
    await page.locator('.tile').first().waitFor()
    visits.push(
      await page.evaluate(() => ({
        paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
        icons: performance.getEntriesByName('icons')[0]?.startTime ?? NaN,
        scripts: performance
          .getEntriesByType('resource')
          .flatMap((entry) => (entry.name.endsWith('.js') ? [/** @type {PerformanceResourceTiming} */ (entry).encodedBodySize] : [])),
      })),
    )
    await page.close()
  }
  const later = visits.slice(1)
  const scripts = later[0]?.scripts ?? []
  console.log(`scripts of the first load: ${scripts.length}, ${(sum(scripts) / 1000).toFixed(1)} kB as they are sent`)
  console.log(`first contentful paint: ${median(later.map(({ paint }) => paint)).toFixed(0)} ms`)
  console.log(`first icon: ${median(later.map(({ icons }) => icons)).toFixed(0)} ms`)
}

/** @param {import('playwright-core').Page} page */
async function scrollThrough(page) {
  let requests = 0
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/graphql') requests += 1
  })
  await page.goto(`${server.origin}/?set=ph&set=lucide`)
  await page.locator('.tile').first().waitFor()
  const session = await page.context().newCDPSession(page)
  const heapBefore = await heap(session)
  const events = /** @type {any[]} */ ([])
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  const traced = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories: 'devtools.timeline,toplevel,disabled-by-default-devtools.timeline' })
  await page.evaluate(() => {
    const times = /** @type {number[]} */ ((/** @type {any} */ (globalThis).frames = []))
    const note = (/** @type {number} */ time) => {
      times.push(time)
      requestAnimationFrame(note)
    }
    requestAnimationFrame(note)
  })
  const rows = await page.getByRole('grid').evaluate((grid, icons) => icons / Number(grid.getAttribute('aria-colcount')), ICONS)
  const distance = Math.ceil(rows) * ROW
  // As a hand does it, so that what moves the list costs the page nothing.
  await session.send('Input.synthesizeScrollGesture', { x: 700, y: 500, yDistance: -distance, speed: SPEED, preventFling: true })
  const frames = await page.evaluate(() => /** @type {any} */ (globalThis).frames)
  await session.send('Tracing.end')
  await traced
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
  const last = Math.max(...(await page.locator('.tile').evaluateAll((all) => all.map((tile) => Number(tile.dataset.index)))))
  report(events, frames)
  console.log(`requests: ${requests} for ${last + 1} icons; elements in the document: ${nodes}`)
  console.log(`heap: ${heapBefore} MB before, ${await heap(session)} MB after`)
}

/**
 * @param {any[]} events
 * @param {number[]} frames
 */
function report(events, frames) {
  const renderer = mostCommon(events.filter(({ name }) => name === 'FireAnimationFrame').map(({ pid, tid }) => `${pid} ${tid}`))
  const own = events.filter(({ pid, tid, ph }) => `${pid} ${tid}` === renderer && ph === 'X')
  const tasks = own.filter(({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask').map(({ dur }) => dur / 1000)
  const scripting = union(own.filter(({ name }) => SCRIPTING.has(name)))
  const starts = own.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts)
  const perFrame = starts.slice(1).map((end, index) => sum(scripting.map((span) => overlap(span, [starts[index], end]))) / 1000)
  const gaps = frames.slice(1).map((time, index) => time - (frames[index] ?? time))
  console.log(`frames: ${frames.length}, ${(1000 / (sum(gaps) / gaps.length)).toFixed(1)} a second; the slowest hundredth ${quantile(gaps, 0.99).toFixed(1)} ms apart`)
  console.log(`scripting of a frame: median ${quantile(perFrame, 0.5).toFixed(1)} ms, p99 ${quantile(perFrame, 0.99).toFixed(1)} ms, most ${Math.max(...perFrame).toFixed(1)} ms`)
  console.log(`tasks over 50 ms: ${tasks.filter((ms) => ms > 50).length}; the longest ${Math.max(...tasks).toFixed(1)} ms`)
}

/** @param {import('playwright-core').CDPSession} session */
async function heap(session) {
  await session.send('HeapProfiler.collectGarbage')
  await session.send('Performance.enable')
  const { metrics } = await session.send('Performance.getMetrics')
  const bytes = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? NaN
  return (bytes / 1e6).toFixed(1)
}

/**
 * Spans that are not inside each other.
 *
 * @param {{ ts: number, dur: number }[]} events
 * @returns {[number, number][]}
 */
function union(events) {
  const spans = /** @type {[number, number][]} */ ([])
  for (const { ts, dur } of events.sort((one, other) => one.ts - other.ts)) {
    const last = spans.at(-1)
    if (last && ts < last[1]) last[1] = Math.max(last[1], ts + dur)
    else spans.push([ts, ts + dur])
  }
  return spans
}

/**
 * @param {[number, number]} one
 * @param {[number, number]} other
 */
function overlap(one, other) {
  return Math.max(0, Math.min(one[1], other[1]) - Math.max(one[0], other[0]))
}

/** @param {number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0)
}

/** @param {number[]} values */
function median(values) {
  return quantile(values, 0.5)
}

/**
 * @param {number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN
}

/** @param {string[]} values */
function mostCommon(values) {
  const counts = /** @type {Map<string, number>} */ (new Map())
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0]
}
