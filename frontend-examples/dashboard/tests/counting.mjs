import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { isFilled, panel, tile } from './world.mjs'

const ICON = 'lucide:cable-car'

/** @param {import('./world.mjs').DashboardWorld} world */
export function counting(world) {
  describe('what somebody takes in the browser', () => {
    it('is counted on the dashboard: live, and with the next roll-up over time', () =>
      world.visitWithKey('/dashboard', async ({ page: dashboard }) => {
        await isFilled(dashboard)
        const feed = panel(dashboard, 'Used just now')
        await feed.getByText('0 uses since this page was opened').waitFor()

        const browser = await dashboard.context().newPage()
        await browser.goto(`${world.server.origin}/?icon=${ICON}`)
        await browser.getByRole('button', { name: 'Copy SVG' }).click()
        await browser.locator('.announcer').getByText(`Copied ${ICON} as SVG`).waitFor()

        await dashboard.bringToFront()
        await feed.getByRole('button', { name: ICON }).waitFor()
        await feed.getByText('1 use since this page was opened').waitFor()
        await tile(dashboard, 'Uses a second').waitFor()

        await feed.getByRole('button', { name: ICON }).click()
        await panel(dashboard, `Use of ${ICON}`).waitFor()
        await until(async () => {
          await dashboard.reload()
          await isFilled(dashboard)
          return panel(dashboard, `Use of ${ICON}`).getByText(/^[1-9]\d* uses?, [1-9]/).isVisible()
        })
      }))
  })
}
