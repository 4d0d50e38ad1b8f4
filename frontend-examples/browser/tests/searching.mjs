import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { searchBox, suggestion, tiles, variablesOf } from './world.mjs'

/** @param {import('./world.mjs').BrowserWorld} world */
export function searching(world) {
  describe('searching', () => {
    it('shows sets and all icons at first, and a set that is chosen', () =>
      world.visit('/', async ({ page }) => {
        const sets = page.getByRole('region', { name: 'Icon sets' })
        await sets.getByRole('button', { name: /Lucide/ }).click()
        await page.waitForURL('**/?set=lucide')
        await page.getByRole('heading', { name: /^\d,\d{3} icons$/ }).waitFor()
        await page.locator('.tile[title^="lucide:"]').first().waitFor()
        assert.equal(await page.locator('.tile:not([title^="lucide:"])').count(), 0)
      }))

    it('finds while somebody types, with suggestions in the same request', () =>
      world.visit('/', async ({ page, asked }) => {
        await tiles(page).first().waitFor()
        const before = asked.length
        await searchBox(page).fill('hou')
        await suggestion(page, { name: /^house/ }).first().waitFor()
        await page.locator('.tile[title="lucide:house"]').waitFor()
        // The second page of all icons may have been asked for meanwhile.
        const searches = asked.slice(before).map(variablesOf).filter(({ after }) => after === undefined)
        assert.deepEqual(
          searches.map(({ query }) => query),
          ['hou'],
        )

        await suggestion(page, { name: 'house' }).first().click()
        await page.waitForURL('**/?q=house')
        await suggestion(page).first().waitFor({ state: 'detached' })
      }))

    it('opens the icon that a suggestion names', () =>
      world.visit('/', async ({ page }) => {
        await searchBox(page).fill('lucide:house')
        await suggestion(page, { name: /^lucide:house/ }).first().click()
        await page.getByRole('dialog', { name: 'house', exact: true }).waitFor()
        assert.equal(new URL(page.url()).searchParams.get('icon'), 'lucide:house')
      }))

    it('shows what was probably meant', () =>
      world.visit('/', async ({ page }) => {
        await searchBox(page).fill('calender')
        await suggestion(page, { name: 'calendar' }).first().waitFor()
        await page.keyboard.press('Escape')
        await page.locator('.toolbar').getByRole('button', { name: 'calendar' }).click()
        await page.waitForURL('**/?q=calendar')
        await page.locator('.tile[title="lucide:calendar"]').waitFor()
        await page.locator('.correction').waitFor({ state: 'detached' })
      }))

    it('narrows down by facets, whose counts are what they leave', () =>
      world.visit('/?q=arrow', async ({ page }) => {
        const filters = page.getByRole('complementary', { name: 'Filters' })
        const lucide = filters.locator('label').filter({ hasText: 'Lucide' })
        const count = await lucide.locator('.count').innerText()
        await lucide.getByRole('checkbox').check()
        await page.getByRole('heading', { name: `${count} icons` }).waitFor()
        assert.equal(page.url(), `${world.server.origin}/?q=arrow&set=lucide`)

        await filters.getByRole('button', { name: /^Stroke/ }).click()
        await page.waitForURL('**/?q=arrow&set=lucide&style=stroke')
        await page.getByRole('list', { name: 'Chosen filters' }).getByRole('button', { name: 'Clear all' }).click()
        await page.waitForURL('**/?q=arrow')
      }))

    it('keeps everything in the address', () =>
      world.visit('/?q=arrow&set=ph&palette=false&sort=name', async ({ page }) => {
        await page.locator('.tile[title="ph:arrow-arc-left"]').waitFor()
        assert.equal(await searchBox(page).inputValue(), 'arrow')
        assert.equal(await page.getByRole('combobox', { name: 'Sort' }).inputValue(), 'NAME')
        assert.ok(await page.getByRole('checkbox', { name: /Phosphor/ }).isChecked())
        await page.getByRole('button', { name: /^One colour/, pressed: true }).click()
        await page.waitForURL('**/?q=arrow&set=ph&sort=name')
        await page.goBack()
        await page.getByRole('button', { name: /^One colour/, pressed: true }).waitFor()
      }))

    it('takes one step back from what was typed', () =>
      world.visit('/', async ({ page }) => {
        await searchBox(page).pressSequentially('house')
        await page.waitForURL('**/?q=house')
        await page.goBack()
        await page.waitForURL(`${world.server.origin}/`)
        assert.equal(await searchBox(page).inputValue(), '')
      }))

    it('says so where there is nothing, and how to go on', () =>
      world.visit('/?q=house&set=logos&style=stroke', async ({ page }) => {
        await page.getByRole('heading', { name: '0 icons' }).waitFor()
        await page.getByRole('button', { name: 'Remove the filters' }).click()
        await page.locator('.tile[title="lucide:house"]').waitFor()
      }))
  })
}
