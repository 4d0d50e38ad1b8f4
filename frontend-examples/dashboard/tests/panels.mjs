import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isFilled, panel } from './world.mjs'

/** What is asked for, each by one request; three panels ask for shares. */
const PANELS = 16

/** @param {import('./world.mjs').DashboardWorld} world */
export function panels(world) {
  const grouped = new Intl.NumberFormat('en')

  describe('panels', () => {
    it('ask one question each, by GET and by hash, and one socket has all that is live', () =>
      world.visitWithKey('/dashboard', async ({ page, asked, sockets }) => {
        await isFilled(page)
        assert.equal(await page.getByRole('alert').count(), 0)
        assert.equal(asked.length, PANELS)
        assert.equal(new Set(asked.map(String)).size, PANELS)
        for (const { searchParams } of asked) {
          assert.ok(JSON.parse(searchParams.get('extensions') ?? '').persistedQuery.sha256Hash)
          assert.equal(searchParams.get('query'), null)
        }
        assert.equal(sockets.length, 1)
      }))

    it('show what the API says', () =>
      world.visitWithKey('/dashboard', async ({ page }) => {
        await isFilled(page)
        const { analytics } = await world.ask(`{ analytics {
          topIcons(range: RANGE, first: 1) { name count }
          distribution(range: RANGE, dimension: DEVICE, first: 1) { share }
          slos(range: RANGE) { name }
        } }`)
        const [top] = analytics.topIcons
        const rows = panel(page, 'Most used icons').getByRole('listitem')
        // Ranges end now: what the page asked for began less than an hour before.
        const shown = Number((await rows.first().locator('.bar-value').innerText()).replace(',', ''))
        assert.ok(Math.abs(shown - top.count) <= 0.1 * top.count, `${shown} ${top.count}`)
        assert.equal(await rows.count(), 10)
        assert.equal(await panel(page, 'What is promised').getByRole('listitem').count(), analytics.slos.length)
        await panel(page, 'Devices').getByText('Desktop').waitFor()
        await panel(page, 'Countries').getByText('United States').waitFor()
        await panel(page, 'Operations').getByRole('rowheader', { name: 'UsageOverTime' }).waitFor()
        await panel(page, 'Outlook').getByText('ETS(', { exact: false }).waitFor()
        await panel(page, 'Outlook').getByText(/it was \d+ % off \(sMAPE\)/).waitFor()
      }))

    it('show the same total in words, under the line and as a table', () =>
      world.visitWithKey('/dashboard?from=2026-01-01T00:00:00Z&to=2029-01-01T00:00:00Z', async ({ page }) => {
        const use = panel(page, 'Use')
        const { analytics } = await world.ask(
          '{ analytics { usageSeries(range: { from: "2026-01-01T00:00:00Z", to: "2029-01-01T00:00:00Z" }, interval: WEEK) { total } } }',
        )
        const total = grouped.format(analytics.usageSeries[0].total)
        await use.getByText(new RegExp(`^${total} uses, \\d+ of them in the week that goes on$`)).waitFor()
        await use.getByRole('img', { name: `Uses over time: ${total} in all` }).waitFor()
        await use.getByText('As a table').click()
        const cells = await use.getByRole('cell').allInnerTexts()
        const sum = cells.reduce((all, cell) => all + Number(cell.replaceAll(',', '')), 0)
        assert.equal(grouped.format(sum), total)
      }))

    it('tell use apart, and narrow it down to a set and an icon', () =>
      world.visitWithKey('/dashboard', async ({ page }) => {
        await panel(page, 'Use').getByRole('combobox', { name: 'By' }).selectOption('DEVICE')
        await page.waitForURL('**/dashboard?by=device')
        await panel(page, 'Use').locator('.legend').getByText('Phone').waitFor()

        await panel(page, 'Sets').getByRole('button', { name: 'lucide' }).click()
        await page.waitForURL('**/dashboard?of=lucide&by=device')
        const first = panel(page, 'Most used icons of lucide').getByRole('button', { name: /^lucide:/ }).first()
        const name = await first.innerText()
        await first.click()
        await page.waitForURL(`**/dashboard?of=${name}&by=device`)
        await panel(page, `Use of ${name}`).waitFor()
        await page.getByRole('button', { name: /show all again/ }).click()
        await page.waitForURL('**/dashboard?by=device')
        await page.goBack()
        await panel(page, `Use of ${name}`).waitFor()
      }))

    it('say what to do where there is nothing', () =>
      world.visitWithKey('/dashboard?from=2025-01-01T00:00:00Z&to=2025-01-08T00:00:00Z', async ({ page }) => {
        await panel(page, 'Use').getByText('iconql demo-usage').waitFor()
        await panel(page, 'Use').getByRole('link', { name: 'the browser' }).waitFor()
        await panel(page, 'Response times').getByText('Choose a longer range').waitFor()
        await panel(page, 'Rising and falling').getByText('A longer range says more').waitFor()
      }))

    it('say what went wrong, and ask again', () =>
      world.visitWithKey('/dashboard', async ({ page, complaints }) => {
        await isFilled(page)
        await page.route('**/graphql?*', (route) => route.abort())
        await page.getByRole('button', { name: '24 hours' }).click()
        const trouble = panel(page, 'Use').getByRole('alert')
        await trouble.getByText('The server cannot be reached').waitFor()
        await page.unroute('**/graphql?*')
        await trouble.getByRole('button', { name: 'Try again' }).click()
        await panel(page, 'Use').getByRole('img', { name: 'Uses over time' }).waitFor()
        complaints.length = 0
      }))
  })
}
