import axe from 'axe-core'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { panel, searchBox, suggestion, tiles } from './world.mjs'

const PHONE = { viewport: { width: 390, height: 844 } }

/** States of the page that look and work differently. */
const STATES = /** @type {[string, string, (page: import('playwright-core').Page) => Promise<void>, object?][]} */ ([
  ['the first visit', '/', (page) => page.getByRole('button', { name: /Lucide/ }).waitFor()],
  [
    'suggestions',
    '/?q=hous',
    async (page) => {
      await searchBox(page).fill('house')
      await suggestion(page).first().waitFor()
      await page.keyboard.press('ArrowDown')
    },
  ],
  ['filters', '/?q=arow&set=lucide&palette=false', (page) => page.getByRole('list', { name: 'Chosen filters' }).waitFor()],
  ['details', '/?q=house&icon=lucide:house', async (page) => panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()],
  ['a name that nothing has', '/?icon=lucide:hous', (page) => panel(page).getByText('Did you mean').waitFor()],
  ['no icon', '/?q=house&set=logos', (page) => page.getByText('No icon for that').waitFor()],
  [
    'the bag',
    '/?icon=lucide:house',
    async (page) => {
      await panel(page).getByRole('button', { name: 'Bag', exact: true }).click()
      await page.getByRole('button', { name: 'Bag, 1 icon' }).click()
      await page.getByRole('dialog', { name: 'Bag' }).getByRole('button', { name: 'Sprite' }).waitFor()
    },
  ],
  [
    'filters on a phone',
    '/?q=house',
    async (page) => {
      await page.getByRole('button', { name: /^Filters/ }).click()
      await page.getByRole('dialog', { name: 'Filters' }).getByRole('checkbox', { name: /Lucide/ }).waitFor()
    },
    PHONE,
  ],
  ['details on a phone', '/?icon=lucide:house', async (page) => panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor(), PHONE],
])

/** @param {import('./world.mjs').BrowserWorld} world */
export function accessibility(world) {
  describe('is for everybody', () => {
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      for (const [name, path, prepare, options] of STATES) {
        it(`${name}, ${colorScheme}`, () =>
          world.visit(
            path,
            async ({ page }) => {
              if (!path.includes('logos')) await tiles(page).first().waitFor({ state: 'attached' })
              await prepare(page)
              await page.evaluate(axe.source)
              const violations = await page.evaluate(async () => {
                const { axe } = /** @type {any} */ (globalThis)
                const found = await axe.run(document)
                return found.violations.map((/** @type {any} */ { id, nodes }) => `${id}, ${nodes.length} times: ${nodes[0].html}`)
              })
              assert.deepEqual(violations, [])
            },
            { colorScheme, reducedMotion: 'reduce', ...options },
          ))
      }
    }

    it('fits a phone, and a panel there covers the page and gives the focus back', () =>
      world.visit(
        '/?q=house',
        async ({ page }) => {
          const tile = page.locator('.tile[title="lucide:house"]')
          await tile.click()
          await panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()
          assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
          assert.ok(await panel(page).evaluate((dialog) => dialog.matches(':modal')))
          await page.keyboard.press('Escape')
          await panel(page).waitFor({ state: 'detached' })
          assert.ok(await tile.evaluate((element) => element === document.activeElement))
        },
        PHONE,
      ))
  })
}
