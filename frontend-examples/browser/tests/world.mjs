import assert from 'node:assert/strict'
import { Server } from '../../common/tests/server.mjs'
import { World } from '../../common/tests/world.mjs'

/** @typedef {import('../../common/tests/world.mjs').Visit} Visit */

/** The world of a page that opens no socket. */
export class BrowserWorld extends World {
  async open() {
    await super.open(await Server.start())
    // The first visitor of a server teaches it the documents.
    await this.visit('/?q=house&icon=lucide:house', async ({ page }) => {
      await page.getByRole('button', { name: 'Turn by a quarter' }).click()
      await page.getByRole('button', { name: 'Copy SVG' }).click()
      await said(page, 'Copied lucide:house as SVG')
      await page.getByRole('button', { name: 'Clear the search' }).click()
      await page.getByRole('heading', { name: 'All icons' }).waitFor()
    })
    await this.visit('/?set=ph', async ({ page }) => {
      await tiles(page).first().waitFor()
      await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo({ top: scroller.scrollHeight }))
      await page.locator('[data-index="199"]').waitFor()
    })
  }

  /**
   * @param {string} path
   * @param {(visit: Visit) => Promise<void>} act
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  async visit(path, act, options) {
    await super.visit(
      path,
      async (visit) => {
        await act(visit)
        assert.equal(visit.sockets.length, 0)
      },
      options,
    )
  }
}

/**
 * What a request asks for.
 *
 * @param {URL} url
 */
export function variablesOf(url) {
  return JSON.parse(url.searchParams.get('variables') ?? 'null')
}

/** @param {import('playwright-core').Page} page */
export const searchBox = (page) => page.getByRole('combobox', { name: 'Search icons' })

/**
 * @param {import('playwright-core').Page} page
 * @param {Parameters<import('playwright-core').Page['getByRole']>[1]} [options]
 */
export const suggestion = (page, options) => page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option', options)

/** @param {import('playwright-core').Page} page */
export const tiles = (page) => page.getByRole('gridcell').filter({ has: page.locator('.drawn') })

/** @param {import('playwright-core').Page} page */
export const panel = (page) => page.locator('dialog.details')

/**
 * @param {import('playwright-core').Page} page
 * @param {string | RegExp} text
 */
export async function said(page, text) {
  await page.locator('.announcer').getByText(text).waitFor()
}

/**
 * The name of the icon that has the focus; null where no icon has it.
 *
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string | null>}
 */
export function focusedIcon(page) {
  return page.evaluate(() => document.activeElement?.closest('[role="gridcell"]')?.getAttribute('title') ?? null)
}

/** @param {import('playwright-core').Page} page */
export const clipboard = (page) => page.evaluate(() => navigator.clipboard.readText())
