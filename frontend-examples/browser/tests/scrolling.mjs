import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { tiles, variablesOf } from './world.mjs'

/** @param {import('./world.mjs').BrowserWorld} world */
export function scrolling(world) {
  describe('scrolling', () => {
    it('is one request for each hundred icons', () =>
      world.visit('/?set=ph', async ({ page, asked }) => {
        await tiles(page).first().waitFor()
        const grid = page.getByRole('grid', { name: 'Icons' })
        const isWaiting = page.locator('.grid .waiting').first()
        while (asked.length < 20) {
          await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }))
          await isWaiting.waitFor({ state: 'detached' })
        }
        const indexes = () => page.locator('.tile').evaluateAll((all) => all.map((tile) => Number(tile.dataset.index)))
        // Two hundred icons below what is seen are there already, and the page that they end in.
        await until(async () => asked.length <= (Math.max(...(await indexes())) + 300) / 100)

        const variables = asked.map(variablesOf)
        const cursors = variables.map(({ after }) => after)
        assert.equal(cursors.filter((cursor) => cursor === undefined).length, 1, 'facets and counts come once')
        assert.equal(new Set(cursors).size, cursors.length, 'no page is asked for twice')
        const drawn = await tiles(page).count()
        assert.ok(drawn < 300, `${drawn} icons are in the document`)
        assert.ok(Number(await grid.getAttribute('aria-rowcount')) > 500, 'the whole list is told to readers of the screen')
      }))

    it('draws icons that come where they are seen a few with each frame', () =>
      world.visit('/?set=ph', async ({ page }) => {
        await tiles(page).first().waitFor()
        // Counts, before each frame is painted, what was not there in the last one.
        await page.evaluate(() => {
          const most = /** @type {{ most: number }} */ (/** @type {any} */ (globalThis))
          most.most = 0
          let before = new Set(document.querySelectorAll('.tile'))
          const count = () => {
            const now = document.querySelectorAll('.tile')
            most.most = Math.max(most.most, [...now].filter((tile) => !before.has(tile)).length)
            before = new Set(now)
            requestAnimationFrame(count)
          }
          requestAnimationFrame(count)
        })
        const isWaiting = page.locator('.grid .waiting').first()
        for (let times = 0; times < 5; times += 1) {
          await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }))
          await isWaiting.waitFor({ state: 'detached' })
        }
        const most = await page.evaluate(() => /** @type {any} */ (globalThis).most)
        // And the row that the page before had begun.
        const columns = Number(await page.getByRole('grid').getAttribute('aria-colcount'))
        assert.ok(most > 0 && most < 36 + columns, `${most} icons were drawn at once`)
      }))

    it('draws every icon of a page, those with ids, styles and palettes too', () =>
      world.visit('/?set=logos', async ({ page }) => {
        await tiles(page).nth(40).waitFor()
        const empty = await page.locator('img.drawn').evaluateAll(async (images) => {
          const loaded = /** @type {HTMLImageElement[]} */ (images).map((image) => image.decode().then(() => image.naturalWidth))
          return (await Promise.all(loaded)).filter((width) => width === 0).length
        })
        assert.equal(empty, 0)
        assert.ok((await page.locator('img.drawn').count()) > 5)
        assert.equal(await page.locator('.tile:not(:has(.drawn))').count(), 0)
      }))

    it('asks by GET and hash, so that answers can be kept on the way', () =>
      world.visit('/', async ({ page, asked }) => {
        await tiles(page).first().waitFor()
        assert.ok(asked.length > 0)
        for (const url of asked) assert.match(url.searchParams.get('extensions') ?? '', /"sha256Hash":"[0-9a-f]{64}"/)
        const response = await page.request.get(String(asked.at(-1)))
        assert.match(response.headers()['cache-control'] ?? '', /^public, max-age=/)
      }))

    it('goes on after a page that could not be had', () =>
      world.visit('/?set=ph', async ({ page, complaints }) => {
        await tiles(page).first().waitFor()
        await page.route('**/graphql?*', (route) => route.abort())
        await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }))
        await page.getByRole('alert').waitFor()
        await page.unroute('**/graphql?*')
        await page.getByRole('button', { name: 'Try again' }).click()
        await page.locator('[data-index="120"]').waitFor()
        complaints.length = 0
      }))
  })
}
