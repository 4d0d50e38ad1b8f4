import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../common/tests/server.mjs'
import { clipboard, focusedIcon, panel, said, searchBox, suggestion, tiles } from './world.mjs'

/** @param {import('./world.mjs').BrowserWorld} world */
export function keyboard(world) {
  describe('by keyboard', () => {
    it('searches, chooses, opens, closes and goes on where it was', () =>
      world.visit('/', async ({ page }) => {
        const { keyboard } = page
        await tiles(page).first().waitFor()
        await keyboard.press('/')
        await keyboard.type('hous')
        await suggestion(page).first().waitFor()
        await keyboard.press('ArrowDown')
        await suggestion(page, { selected: true }).waitFor()
        await keyboard.press('Escape')
        await suggestion(page).first().waitFor({ state: 'detached' })
        assert.equal(await searchBox(page).inputValue(), 'hous')

        await keyboard.press('Enter')
        const first = await focusedIcon(page)
        await keyboard.press('ArrowRight')
        const second = await focusedIcon(page)
        assert.ok(first && second && first !== second, `${first} ${second}`)
        await keyboard.press('ArrowDown')
        const below = await focusedIcon(page)
        await keyboard.press('ArrowUp')
        assert.equal(await focusedIcon(page), second)
        await keyboard.press('ArrowDown')

        await keyboard.press('Enter')
        await panel(page).getByRole('button', { name: 'Copy SVG' }).waitFor()
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'details-name')
        await keyboard.press('Escape')
        await panel(page).waitFor({ state: 'detached' })
        await until(async () => (await focusedIcon(page)) === below)
      }))

    it('reaches the end of a long list and keeps the focus where it scrolled away', () =>
      world.visit('/?set=ph', async ({ page }) => {
        const { keyboard } = page
        await tiles(page).first().waitFor()
        await page.getByRole('link', { name: 'Skip to the icons' }).focus()
        await keyboard.press('Enter')
        const first = await focusedIcon(page)
        await keyboard.press('Control+End')
        await until(async () => (await focusedIcon(page)) !== first)
        const far = await focusedIcon(page)
        await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo({ top: 0 }))
        await page.locator('[data-index="0"]').waitFor()
        assert.equal(await focusedIcon(page), far)
        await keyboard.press('Control+Home')
        assert.equal(await focusedIcon(page), first)
        await keyboard.press('PageDown')
        assert.notEqual(await focusedIcon(page), first)
        await keyboard.press('End')
        await keyboard.press('Home')
        await keyboard.press('PageUp')
        assert.equal(await focusedIcon(page), first)
      }))

    it('copies and gathers without opening anything', () =>
      world.visit('/?q=lucide:house', async ({ page }) => {
        await page.locator('.tile[title="lucide:house"]').focus()
        await page.keyboard.press('c')
        await said(page, 'Copied lucide:house as SVG')
        assert.match(await clipboard(page), /^<svg xmlns=/)
        await page.keyboard.press('b')
        await page.getByRole('button', { name: 'Bag, 1 icon' }).waitFor()
        assert.equal(await focusedIcon(page), 'lucide:house')
      }))

    it('leaves a letter that is typed into a field alone', () =>
      world.visit('/?icon=lucide:house', async ({ page }) => {
        await page.getByRole('textbox', { name: 'Colour', exact: true }).focus()
        await page.keyboard.type('/c')
        assert.equal(await page.getByRole('textbox', { name: 'Colour', exact: true }).inputValue(), '/c')
      }))
  })
}
