import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { panel } from './world.mjs'

/** @param {import('./world.mjs').DashboardWorld} world */
export function ranges(world) {
  /** @param {URL} url */
  const variables = (url) => JSON.parse(url.searchParams.get('variables') ?? '')

  describe('ranges', () => {
    it('stand in the address, and go back and forth', () =>
      world.visitWithKey('/dashboard?range=24h', async ({ page, asked }) => {
        const range = page.getByRole('group', { name: 'Range' })
        await range.getByRole('button', { name: '24 hours', pressed: true }).waitFor()
        await panel(page, 'Use').getByRole('img', { name: 'Uses over time' }).waitFor()
        const first = asked.map(variables).find(({ by }) => by === null)
        assert.equal(first.interval, 'HOUR')
        assert.equal(Math.floor((Date.parse(first.range.to) - Date.parse(first.range.from)) / 3_600_000), 24)

        await range.getByRole('button', { name: '30 days' }).click()
        await page.waitForURL('**/dashboard?range=30d')
        await range.getByRole('button', { name: '7 days' }).click()
        await page.waitForURL('**/dashboard')
        await page.goBack()
        await range.getByRole('button', { name: '30 days', pressed: true }).waitFor()
        await page.reload()
        await range.getByRole('button', { name: '30 days', pressed: true }).waitFor()
      }))

    it('between two moments are in the zone of who looks', () =>
      world.visitWithKey(
        '/dashboard',
        async ({ page }) => {
          await page.getByRole('button', { name: 'Other…' }).click()
          const dialog = page.getByRole('dialog', { name: 'Range' })
          await dialog.getByLabel('From').fill('2026-11-20T09:00')
          await dialog.getByLabel('To').fill('2026-11-20T08:00')
          await dialog.getByRole('button', { name: 'Show this range' }).click()
          await dialog.getByRole('alert').getByText('It has to end after it begins.').waitFor()
          await dialog.getByLabel('To').fill('2026-11-21T09:00')
          await dialog.getByRole('button', { name: 'Show this range' }).click()
          await page.waitForURL('**/dashboard?from=2026-11-20T00:00:00.000Z&to=2026-11-21T00:00:00.000Z')
          await page.getByText('Times are those of Asia/Tokyo').waitFor()
          await page.getByRole('button', { name: '20 Nov 2026, 09:00 – 21 Nov 2026, 09:00', pressed: true }).waitFor()
        },
        { timezoneId: 'Asia/Tokyo' },
      ))

    it('that are none are the usual one', async () => {
      for (const wrong of ['?range=7y', '?from=2026-01-02&to=2026-01-01', '?from=2010-01-01&to=2026-01-01', '?from=x&to=y', '?of=%00&by=moon']) {
        await world.visitWithKey(`/dashboard${wrong}`, ({ page }) => page.getByRole('button', { name: '7 days', pressed: true }).waitFor())
      }
    })

    it('of long ago are looked at by steps that are still kept', () =>
      world.visitWithKey('/dashboard?from=2024-01-01T00:00:00Z&to=2024-01-01T02:00:00Z', async ({ page }) => {
        await panel(page, 'Use').getByText('Nothing was used in this time.').waitFor()
        await panel(page, 'Response times').getByText('Nothing was asked of the service').waitFor()
        assert.equal(await page.getByRole('alert').count(), 0)
      }))
  })
}
