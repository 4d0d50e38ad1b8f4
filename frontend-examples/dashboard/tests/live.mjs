import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { isFilled, panel, status, tile } from './world.mjs'

/** @param {import('./world.mjs').DashboardWorld} world */
export function live(world) {
  describe('live figures', () => {
    it('move while something is asked', () =>
      world.visitWithKey('/dashboard', async ({ page }) => {
        await isFilled(page)
        const value = tile(page, 'Requests a second').locator('.tile-value')
        const asking = new AbortController()
        const load = (async () => {
          while (!asking.signal.aborted) await (await fetch(`${world.server.origin}/icons/lucide/house.svg`)).arrayBuffer()
        })()
        await until(async () => Number((await value.innerText()).replace(',', '')) > 5)
        asking.abort()
        await load
        await until(async () => Number((await value.innerText()).replace(',', '')) < 5)
      }))

    it('are of one instance or of all, which stands in the address', () =>
      world.visitWithKey('/dashboard', async ({ page, sockets }) => {
        await isFilled(page)
        await page.getByRole('combobox', { name: 'Figures of' }).selectOption('fleet')
        await page.waitForURL('**/dashboard?live=fleet')
        await until(async () => sockets.length === 2 && sockets[0]?.isClosed() === true)
        await isFilled(page)
        await page.goBack()
        await page.waitForURL('**/dashboard')
        await isFilled(page)
        assert.equal(sockets.filter((socket) => !socket.isClosed()).length, 1)
      }))

    it('come back when the server does, and show when there were none', () =>
      world.visitWithKey('/dashboard', async ({ page, complaints }) => {
        await isFilled(page)
        await world.server.stop()
        await status(page).getByText(/^Connection lost since \d\d:\d\d:\d\d, trying again…$/).waitFor()
        await page.getByText(/^No figures since \d\d:\d\d:\d\d$/).waitFor()
        await until(async () => (await page.locator('.spark .gap').count()) > 0)
        await world.server.run()
        await status(page).getByText('Live', { exact: true }).waitFor()
        await page.getByText(/^No figures from \d\d:\d\d:\d\d to \d\d:\d\d:\d\d, for \d+ s$/).waitFor()
        // A line before, and one after.
        const lines = tile(page, 'Memory').locator('polyline')
        await until(async () => (await lines.count()) === 2)
        assert.equal(await panel(page, 'Live figures').count(), 0)
        complaints.length = 0
      }))
  })
}
