import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFilled, panel, status } from './world.mjs'

/** @param {import('./world.mjs').DashboardWorld} world */
export function keys(world) {
  /**
   * @param {import('playwright-core').Page} page
   * @param {string} key
   */
  async function enter(page, key) {
    const dialog = page.getByRole('dialog', { name: 'API key' })
    await dialog.getByLabel('Key').fill(key)
    await dialog.getByRole('button', { name: 'Use this key' }).click()
    await dialog.waitFor({ state: 'detached' })
  }

  describe('keys', () => {
    it('are asked for by whatever needs one, kept for the tab, and forgotten', () =>
      world.visit('/dashboard', async ({ page }) => {
        const use = panel(page, 'Use')
        await use.getByText('This needs an API key with the scope analytics:read.').waitFor()
        await panel(page, 'Live figures').getByText('This needs an API key with the scope metrics:read.').waitFor()
        await panel(page, 'Used just now').getByText('the scope analytics:read').waitFor()
        await panel(page, 'Health').getByText('the scope metrics:read').waitFor()
        await status(page).getByText('Not connected').waitFor()

        await use.getByRole('button', { name: 'Enter a key' }).click()
        await enter(page, world.key)
        await isFilled(page)
        await use.getByRole('img', { name: 'Uses over time' }).waitFor()
        assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [])

        await page.reload()
        await isFilled(page)
        const other = await page.context().newPage()
        await other.goto(`${world.server.origin}/dashboard`)
        await panel(other, 'Use').getByText('This needs an API key').waitFor()
        await other.close()

        await page.getByRole('button', { name: 'API key, entered' }).click()
        await page.getByRole('button', { name: 'Forget it' }).click()
        await use.getByText('This needs an API key').waitFor()
        await panel(page, 'Live figures').getByText('This needs an API key').waitFor()
      }))

    it('that are not good are called so, live too', () =>
      world.visit('/dashboard', async ({ page, complaints }) => {
        await panel(page, 'Use').getByRole('button', { name: 'Enter a key' }).click()
        await enter(page, 'iconql_nonsense')
        await panel(page, 'Use').getByText('The API key is not good here').waitFor()
        await panel(page, 'Live figures').getByText('The API key is not good here').waitFor()
        await status(page).getByText('Not connected').waitFor()
        await panel(page, 'Use').getByRole('button', { name: 'Enter another key' }).click()
        await enter(page, world.key)
        await isFilled(page)
        assert.ok(complaints.every((complaint) => complaint.includes('401')), complaints.join('\n'))
        complaints.length = 0
      }))

    it('that hold one scope open what needs that one', () =>
      world.visit('/dashboard', async ({ page }) => {
        await panel(page, 'Use').getByRole('button', { name: 'Enter a key' }).click()
        await enter(page, world.keyOfMetrics)
        await status(page).getByText('Live', { exact: true }).waitFor()
        await page.getByRole('group', { name: 'Memory' }).getByText('MB', { exact: false }).first().waitFor()
        await panel(page, 'Use').getByText('the scope analytics:read').waitFor()
        await panel(page, 'Used just now').getByText('the scope analytics:read').waitFor()
      }))
  })
}
