import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { panel, searchBox, tiles } from './world.mjs'

/** @param {import('./world.mjs').BrowserWorld} world */
export function offline(world) {
  describe('without a server', () => {
    it('opens again, shows what was seen and sends later what was taken', () =>
      world.visit(
        '/?q=house',
        async ({ page, complaints }) => {
          await tiles(page).first().waitFor()
          await page.evaluate(() => navigator.serviceWorker.ready)
          await page.reload()
          await page.locator('.tile[title="lucide:house"]').click()
          await panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()
          // Answers are put away when nothing is being drawn.
          await until(() => page.evaluate(async () => (await (await caches.open('iconql-answers')).keys()).length >= 2))

          await world.server.stop()
          await page.reload()
          await panel(page).getByRole('button', { name: 'Copy SVG' }).click()
          await tiles(page).nth(20).waitFor()
          await searchBox(page).fill('anything else')
          await page.getByRole('alert').getByText('cannot be reached').waitFor()

          await world.server.run()
          await page.getByRole('button', { name: 'Try again' }).click()
          await page.getByRole('alert').waitFor({ state: 'detached' })
          await page.evaluate(() => dispatchEvent(new Event('online')))
          await until(async () => (await world.server.used('lucide:house')) > 0)
          complaints.length = 0
        },
        { serviceWorkers: 'allow' },
      ))

    it('has a page that asks nobody for its files again', async () => {
      const page = await fetch(`${world.server.origin}/`, { headers: { accept: 'text/html' } })
      const html = await page.text()
      assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'; style-src 'self'/)
      const files = [...html.matchAll(/(?:src|href)="(\/browser\/[^"]+)"/g)].map(([, file]) => file)
      assert.ok(files.length >= 3, html)
      for (const file of files) {
        const answer = await fetch(world.server.origin + file)
        assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable', file)
      }
      const worker = await fetch(`${world.server.origin}/browser/sw.js`)
      assert.deepEqual([worker.headers.get('service-worker-allowed'), worker.headers.get('cache-control')], ['/', 'no-cache'])
      const program = await fetch(`${world.server.origin}/`)
      assert.deepEqual([program.status, (await program.json()).errors?.length ?? 1], [404, 1])
    })
  })
}
