import axe from 'axe-core'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { isFilled, panel } from './world.mjs'

const PHONE = { viewport: { width: 390, height: 844 } }
const WIDE = { viewport: { width: 2200, height: 1200 } }

/** States of the page that look and work differently. */
const STATES = /** @type {[string, string, (page: import('playwright-core').Page) => Promise<unknown>, object?][]} */ ([
  ['all panels', '/dashboard', isFilled],
  ['all panels on a phone', '/dashboard?by=country', isFilled, PHONE],
  ['all panels on a wide screen', '/dashboard?range=30d&of=lucide', isFilled, WIDE],
  ['nothing', '/dashboard?from=2025-01-01T00:00:00Z&to=2025-01-08T00:00:00Z', isFilled],
  [
    'the field for a key',
    '/dashboard',
    async (page) => {
      await page.getByRole('button', { name: 'API key, entered' }).click()
      await page.getByRole('dialog', { name: 'API key' }).waitFor()
    },
  ],
  [
    'another range, on a phone',
    '/dashboard',
    async (page) => {
      await page.getByRole('button', { name: 'Other…' }).click()
      await page.getByRole('button', { name: 'Show this range' }).waitFor()
    },
    PHONE,
  ],
  [
    'charts as tables',
    '/dashboard',
    async (page) => {
      await isFilled(page)
      for (const chart of await page.getByText('As a table').all()) await chart.click()
    },
  ],
])

/** @param {import('./world.mjs').DashboardWorld} world */
export function accessibility(world) {
  /** @param {import('playwright-core').Page} page */
  async function check(page) {
    await page.evaluate(axe.source)
    const violations = await page.evaluate(async () => {
      const { axe } = /** @type {any} */ (globalThis)
      const found = await axe.run(document)
      return found.violations.map((/** @type {any} */ { id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html}`)
    })
    assert.deepEqual(violations, [])
    const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement)
    assert.equal(scrollWidth, clientWidth)
  }

  describe('is for everybody', () => {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      for (const [name, path, prepare, options] of STATES) {
        it(`${name}, ${colorScheme}`, () =>
          world.visitWithKey(
            path,
            async ({ page }) => {
              await prepare(page)
              await check(page)
            },
            { colorScheme, reducedMotion: 'reduce', ...options },
          ))
      }
      it(`no key, ${colorScheme}`, () =>
        world.visit(
          '/dashboard',
          async ({ page }) => {
            await panel(page, 'Live figures').getByRole('button', { name: 'Enter a key' }).waitFor()
            await check(page)
          },
          { colorScheme, reducedMotion: 'reduce' },
        ))
    }

    it('is used by keyboard alone', () =>
      world.visitWithKey('/dashboard', async ({ page }) => {
        const { keyboard } = page
        await isFilled(page)
        await keyboard.press('Tab')
        await keyboard.press('Enter')
        await until(() => page.evaluate(() => document.activeElement?.id === 'figures'))

        const chosen = page.getByRole('button', { name: '24 hours' })
        await chosen.focus()
        await keyboard.press('Space')
        await page.waitForURL('**/dashboard?range=24h')

        const table = panel(page, 'Use').getByText('As a table')
        await table.focus()
        await keyboard.press('Enter')
        await panel(page, 'Use').getByRole('table').waitFor()
        await keyboard.press('Tab')
        assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Uses over time')

        const open = page.getByRole('button', { name: 'API key, entered' })
        await open.focus()
        await keyboard.press('Enter')
        await page.getByRole('dialog', { name: 'API key' }).waitFor()
        await keyboard.press('Escape')
        await page.getByRole('dialog', { name: 'API key' }).waitFor({ state: 'detached' })
        assert.ok(await open.evaluate((button) => button === document.activeElement))
      }))

    it('draws anew in the other colours when these change', () =>
      world.visitWithKey(
        '/dashboard',
        async ({ page }) => {
          await isFilled(page)
          const line = () =>
            panel(page, 'Use')
              .locator('canvas')
              .evaluate((canvas) => {
                const { width, height } = /** @type {HTMLCanvasElement} */ (canvas)
                const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true })
                copy?.drawImage(/** @type {HTMLCanvasElement} */ (canvas), 0, 0)
                const pixels = copy?.getImageData(0, 0, width, height).data ?? []
                let [red, most] = [0, 0]
                // The strongest colour is the line's.
                for (let at = 0; at < pixels.length; at += 4) {
                  const strength = Math.abs((pixels[at] ?? 0) - (pixels[at + 1] ?? 0)) * ((pixels[at + 3] ?? 0) / 255)
                  if (strength > most) [red, most] = [pixels[at] ?? 0, strength]
                }
                return red
              })
          const light = await line()
          await page.emulateMedia({ colorScheme: 'dark' })
          await until(async () => (await line()) > light + 20)
        },
        { colorScheme: 'light' },
      ))
  })
}
