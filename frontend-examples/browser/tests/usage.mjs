import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { panel, said } from './world.mjs'

const ENDPOINT = '**/api/v1/analytics/usage/batch'

/** @param {import('./world.mjs').BrowserWorld} world */
export function usage(world) {
  const counted = (/** @type {string} */ name, /** @type {number} */ count) =>
    until(async () => (await world.server.used(name)) === count)

  /** @param {import('playwright-core').Page} page */
  const waiting = (page) => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('iconql.usage.')).length)

  describe('usage', () => {
    it('of several icons goes in one batch, and looking is none', () =>
      world.visit('/?icon=lucide:anchor', async ({ page }) => {
        const sent = page.waitForRequest(ENDPOINT)
        await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
        await panel(page).getByRole('button', { name: 'Copy JSX' }).click()
        await panel(page).getByRole('button', { name: 'Download SVG' }).click()
        const { events } = (await sent).postDataJSON()
        assert.deepEqual(
          events.map((/** @type {{ kind: string }} */ { kind }) => kind),
          ['COPY', 'COPY', 'DOWNLOAD'],
        )
        await counted('lucide:anchor', 3)
        await until(async () => (await waiting(page)) === 0)
        assert.equal(await world.server.used('lucide:house-plug'), 0)
      }))

    it('arrives although the page is left at once', () =>
      world.visit('/?icon=lucide:apple', async ({ page }) => {
        await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
        await said(page, 'Copied lucide:apple')
        await page.goto('about:blank')
        await counted('lucide:apple', 1)
        await page.goto(world.server.origin)
        await until(async () => (await waiting(page)) === 0)
        await counted('lucide:apple', 1)
      }))

    it('is kept while nobody can be reached, and sent with the next visit', () =>
      world.visit('/?icon=lucide:banana', async ({ page, complaints }) => {
        await page.route(ENDPOINT, (route) => route.abort())
        await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
        await page.waitForEvent('requestfailed')
        await page.goto(world.server.origin)
        assert.equal(await waiting(page), 1)
        assert.equal(await world.server.used('lucide:banana'), 0)
        await page.unroute(ENDPOINT)
        await page.reload()
        await counted('lucide:banana', 1)
        await until(async () => (await waiting(page)) === 0)
        complaints.length = 0
      }))

    it('counts once although the answer was lost', () =>
      world.visit('/?icon=lucide:cherry', async ({ page, complaints }) => {
        await page.route(ENDPOINT, async (route) => {
          await route.fetch()
          await route.abort()
        })
        await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
        await page.waitForEvent('requestfailed')
        await counted('lucide:cherry', 1)
        const { duplicate = 0 } = await world.server.events()
        await page.unroute(ENDPOINT)
        await page.reload()
        await until(async () => (await waiting(page)) === 0)
        await until(async () => ((await world.server.events()).duplicate ?? 0) > duplicate)
        assert.equal(await world.server.used('lucide:cherry'), 1)
        complaints.length = 0
      }))

    it('comes with a new session where the old one is over', () =>
      world.visit('/?icon=lucide:grape', async ({ page, complaints }) => {
        await panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()
        await page.context().clearCookies()
        await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
        await counted('lucide:grape', 1)
        await until(async () => (await waiting(page)) === 0)
        complaints.length = 0
      }))

    it('is shown with the icon', () =>
      world.visit('/?icon=lucide:anchor', async ({ page }) => {
        await panel(page).getByRole('region', { name: 'Used in 30 days' }).getByText('3 times').waitFor()
        await panel(page).getByRole('img', { name: /^Use over time/ }).waitFor()
      }))
  })
}
