import assert from 'node:assert/strict'
import { launchChromium } from './chromium.mjs'

/**
 * A server, a browser, and what no page may ever cause: requests to others, violations of its policy, errors.
 *
 * @typedef {object} Visit
 * @property {import('playwright-core').Page} page
 * @property {URL[]} asked the requests to GraphQL, in the order in which they were sent
 * @property {import('playwright-core').WebSocket[]} sockets those that were opened
 * @property {string[]} complaints
 */
export class World {
  /** @type {import('./server.mjs').Server} */
  server = /** @type {any} */ (null)
  /** @type {import('playwright-core').Browser} */
  browser = /** @type {any} */ (null)

  /** @param {import('./server.mjs').Server} server */
  async open(server) {
    this.server = server
    this.browser = await launchChromium()
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
   * @param {import('playwright-core').BrowserContextOptions & { prepare?: (context: import('playwright-core').BrowserContext) => Promise<unknown> }} [options]
   */
  async visit(path, act, { prepare, ...options } = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
      serviceWorkers: 'block',
      ...options,
    })
    context.setDefaultTimeout(10_000)
    await prepare?.(context)
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
    const sockets = /** @type {import('playwright-core').WebSocket[]} */ ([])
    context.on('page', (page) => {
      page.on('websocket', (socket) => {
        sockets.push(socket)
        if (new URL(socket.url()).host !== new URL(origin).host) complaints.push(`opened ${socket.url()}`)
      })
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
    })
    return { page: await context.newPage(), asked, sockets, complaints }
  }
}
