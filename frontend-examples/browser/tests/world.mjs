import assert from 'node:assert/strict'
import { launchChromium } from '../../common/tests/chromium.mjs'
import { Server } from '../../common/tests/server.mjs'

/**
 * A server, a browser, and what the page may never cause: requests to others, violations of its policy, errors.
 *
 * @typedef {object} Visit
 * @property {import('playwright-core').Page} page
 * @property {URL[]} asked the requests to GraphQL, in the order in which they were sent
 * @property {string[]} complaints
 */
export class World {
  /** @type {Server} */
  server = /** @type {any} */ (null)
  /** @type {import('playwright-core').Browser} */
  browser = /** @type {any} */ (null)

  async open() {
    this.server = await Server.start()
    this.browser = await launchChromium()
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

  async close() {
    await this.browser?.close()
    await this.server?.remove()
  }

  /**
   * Opens the page in a profile of its own, and closes it when `act` is done.
   *
   * @param {string} path
   * @param {(visit: Visit) => Promise<void>} act
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  async visit(path, act, options = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
      serviceWorkers: 'block',
      ...options,
    })
    context.setDefaultTimeout(10_000)
    const visit = await this.#watch(context)
    await visit.page.goto(this.server.origin + path)
    await act(visit)
    await context.close()
    assert.deepEqual(visit.complaints, [])
  }

  /**
   * @param {import('playwright-core').BrowserContext} context
   * @returns {Promise<Visit>}
   */
  async #watch(context) {
    const complaints = /** @type {string[]} */ ([])
    const asked = /** @type {URL[]} */ ([])
    const { origin } = this.server
    context.on('request', (request) => {
      const url = new URL(request.url())
      if (url.origin === origin && url.pathname === '/graphql') asked.push(url)
      if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) complaints.push(`asked ${url}`)
    })
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        console.error(`policy ${violatedDirective} broken by ${blockedURI}`)
      })
    })
    const page = await context.newPage()
    page.on('websocket', (socket) => complaints.push(`opened ${socket.url()}`))
    page.on('pageerror', (error) => complaints.push(`threw: ${error.message}`))
    page.on('requestfailed', (request) => {
      // What was typed over is not waited for.
      const reason = request.failure()?.errorText
      if (reason !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()}: ${reason}`)
    })
    page.on('console', (message) => {
      const isBlocked = message.text() === 'Service Worker registration blocked by Playwright'
      if (['error', 'warning'].includes(message.type()) && !isBlocked) complaints.push(`console: ${message.text()}`)
    })
    return { page, asked, complaints }
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
