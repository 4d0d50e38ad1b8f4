import assert from 'node:assert/strict'
import { Server, until } from '../../common/tests/server.mjs'
import { World } from '../../common/tests/world.mjs'

/** @typedef {import('../../common/tests/world.mjs').Visit} Visit */

/** A server with a month of made-up usage, and a key to read it with. */
export class DashboardWorld extends World {
  key = ''
  /** One that holds a part of that. */
  keyOfMetrics = ''

  async open() {
    const server = await Server.start((fresh) => {
      fresh.command('demo-usage', '--days=30', '--events-per-day=600')
      this.key = made(fresh, 'analytics:read,metrics:read')
      this.keyOfMetrics = made(fresh, 'metrics:read')
    })
    await super.open(server)
    // The first visitor of a server teaches it the documents; the roll-up behind that visit has something to tell of the service.
    await this.visitWithKey('/dashboard', ({ page }) => isFilled(page))
    await until(async () => (await this.ask('{ analytics { operations(range: RANGE) { operation } } }')).analytics.operations.length > 0)
  }

  /**
   * As `visit`, with the key entered before.
   *
   * @param {string} path
   * @param {(visit: Visit) => Promise<void>} act
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  async visitWithKey(path, act, options = {}) {
    await this.visit(path, act, {
      ...options,
      prepare: (context) =>
        context.addInitScript((key) => {
          // An empty page has no storage.
          if (location.protocol !== 'about:') sessionStorage.setItem('iconql.key', key)
        }, this.key),
    })
  }

  /**
   * What the API itself says; `RANGE` are the last seven days.
   *
   * @param {string} query
   * @returns {Promise<any>}
   */
  async ask(query) {
    const now = Date.now()
    const range = `{ from: "${new Date(now - 7 * 86_400_000).toISOString()}", to: "${new Date(now + 60_000).toISOString()}" }`
    const response = await fetch(`${this.server.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
      body: JSON.stringify({ query: query.replaceAll('RANGE', range) }),
    })
    const { data, errors } = await response.json()
    assert.equal(errors, undefined)
    return data
  }
}

/**
 * A new key.
 *
 * @param {Server} server
 * @param {string} scopes
 */
function made(server, scopes) {
  const [key] = /^iconql_\S+$/m.exec(server.command('keys', 'create', '--name=dashboard', `--scope=${scopes}`)) ?? []
  assert.ok(key)
  return key
}

/**
 * A panel by its title.
 *
 * @param {import('playwright-core').Page} page
 * @param {string | RegExp} name
 */
export const panel = (page, name) => page.locator('.panel').filter({ has: page.getByRole('heading', { level: 3, name, exact: typeof name === 'string' }) })

/**
 * A live tile by its label.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
export const tile = (page, name) => page.getByRole('group', { name, exact: true })

/** @param {import('playwright-core').Page} page */
export const status = (page) => page.locator('.status')

/** Whether every panel has its answer, and every chart is drawn. @param {import('playwright-core').Page} page */
export async function isFilled(page) {
  await page.getByText('Live', { exact: true }).waitFor()
  await until(async () => (await page.locator('.waiting').count()) === 0)
  await tile(page, 'Requests a second').locator('.tile-value', { hasNotText: '–' }).waitFor()
}
