import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { launchChromium } from './chromium.mjs'
import { startServer } from './server.mjs'

const TABS = ['ScrollPage', 'Search', 'OneIcon', 'IconSets', 'IconsOfSet', 'Changes', 'ServiceInfo']

describe('the GraphiQL page', { timeout: 120_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {import('playwright-core').Page} */
  let page
  /** What a page must never cause: requests to others, violations of its policy, errors. */
  let complaints = /** @type {string[]} */ ([])

  before(async () => {
    browser = await launchChromium()
    server = await startServer()
  })

  after(async () => {
    await browser?.close()
    server?.close()
  })

  beforeEach(async () => {
    complaints = []
    server.webSockets = true
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    page.context().on('request', (request) => noteForeign(request.url()))
    page.on('websocket', (socket) => complaints.push(`opened ${socket.url()}`))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.on('pageerror', (error) => complaints.push(`threw: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
    })
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        console.error(`policy ${violatedDirective} broken by ${blockedURI}`)
      })
    })
    await openPage()
  })

  afterEach(async () => {
    const heard = [...complaints]
    await page.close()
    assert.deepEqual(heard, [])
  })

  /** @param {string} url */
  function noteForeign(url) {
    const { protocol, origin } = new URL(url)
    if (protocol !== 'data:' && origin !== server.origin) complaints.push(`asked ${url}`)
  }

  async function openPage() {
    const response = await page.goto(`${server.origin}/graphiql`)
    assert.equal(response?.status(), 200)
    await page.locator('.graphiql-query-editor .view-line').first().waitFor()
  }

  const shownResult = () => page.locator('.result-window .view-lines').innerText()

  it('opens the examples as tabs, the first one shown', async () => {
    assert.equal(await page.title(), 'GraphiQL · iconql')
    assert.deepEqual(await page.getByRole('tab').allInnerTexts(), TABS)
    await page.locator('.graphiql-query-editor').getByText('lucide:house').first().waitFor()
  })

  it('runs ScrollPage and shows its result', async () => {
    await page.getByRole('button', { name: /^Execute query/ }).click()
    await page.locator('.result-window').getByText('lucide:house').first().waitFor()
    assert.match(await shownResult(), /"__typename":\s"Icon"/)

    const accepted = server.requests.filter(({ path }) => path === '/graphql').map(({ accept }) => accept)
    for (const accept of accepted) assert.match(accept ?? '', /application\/graphql-response\+json/)
  })

  it('checks a query against the schema as it is typed', async () => {
    await page.getByRole('button', { name: 'New tab' }).click()
    await page.locator('.graphiql-query-editor .monaco-editor').first().click()
    await page.keyboard.type('{ noSuchField }')
    await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor()
  })

  it('lists the fields of Query in the documentation', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    const docs = page.getByRole('region', { name: 'Documentation Explorer' })
    await docs.getByRole('link', { name: 'Query', exact: true }).click()
    await docs.getByRole('link', { name: 'icons', exact: true }).waitFor()
    const links = await docs.getByRole('link').allInnerTexts()
    for (const field of ['node', 'icon', 'icons', 'iconSet', 'iconSets', 'changes', 'service']) {
      assert.ok(links.includes(field), `${field} is missing from ${links.join(' ')}`)
    }
  })

  it('builds a query in the explorer', async () => {
    await page.getByRole('tab', { name: 'ServiceInfo' }).click()
    await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click()
    await page.locator('.graphiql-explorer-root').getByText('iconSets').first().click()
    await page.locator('.graphiql-query-editor').getByText('iconSets').first().waitFor()
  })

  it('brings a closed example back', async () => {
    await page.getByRole('tab', { name: 'OneIcon' }).click()
    await page.locator('.graphiql-tab-active').getByLabel('Close Tab').click()
    await page.getByRole('tab', { name: 'OneIcon' }).waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'Show Examples' }).click()
    await page.getByRole('region', { name: 'Examples' }).getByRole('button', { name: /^OneIcon/ }).click()
    await page.getByRole('tab', { name: 'OneIcon', selected: true }).waitFor()
    await page.locator('.graphiql-query-editor').getByText('rebeccapurple').waitFor()
  })

  it('keeps the editors and the result on a narrow screen', async () => {
    await page.setViewportSize({ width: 480, height: 900 })
    await page.getByRole('button', { name: /^Execute query/ }).click()
    const query = await page.locator('.graphiql-query-editor').boundingBox()
    const result = await page.locator('.result-window').boundingBox()
    assert.ok(query && result, 'both are drawn')
    assert.ok(result.y >= query.y + query.height, 'the result is below the query')
    assert.ok(query.width > 300 && result.width > 300, 'both have the width of the screen')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 480)
  })

  /** Types a subscription into a new tab and runs it once the editor has read it. */
  async function runSubscription() {
    await page.getByRole('button', { name: 'New tab' }).click()
    await page.locator('.graphiql-query-editor .monaco-editor').first().click()
    await page.keyboard.type('subscription News { catalogChanged { generation } }')
    await page.getByRole('tab', { name: 'News' }).waitFor()
    await page.getByRole('button', { name: /^Execute query/ }).click()
  }

  it('runs a subscription over a WebSocket to the same origin, until it is stopped', async () => {
    const opened = page.waitForEvent('websocket')
    await runSubscription()
    await page.locator('.result-window').getByText('"generation"').waitFor()
    assert.deepEqual(complaints.splice(0), [`opened ${server.origin.replace('http', 'ws')}/graphql`])

    const socket = await opened
    const closed = socket.waitForEvent('close')
    await page.getByRole('button', { name: /^Stop query/ }).click()
    await closed
  })

  it('says so where the server has no WebSocket', async () => {
    server.webSockets = false
    await runSubscription()
    await page.locator('.result-window').getByText(/No.WebSocket.could.be.opened/).waitFor()
    complaints = complaints.filter((complaint) => !complaint.includes(`${server.origin.replace('http', 'ws')}/graphql`))
  })

  it('turns dark with the system, letters and ground', async () => {
    const ground = page.locator('.graphiql-container')
    // The first class is that of letters whose language the editor has yet to learn.
    const letters = page.locator('.graphiql-query-editor .view-line span[class^="mtk"]:not(.mtk1)').first()
    await letters.waitFor()
    const light = { ground: await colour(ground, 'backgroundColor'), letters: await colour(letters, 'color') }
    await page.emulateMedia({ colorScheme: 'dark' })
    await until(async () => (await colour(ground, 'backgroundColor')) !== light.ground)
    await until(async () => (await colour(letters, 'color')) !== light.letters)
  })
})

/**
 * @param {import('playwright-core').Locator} element
 * @param {'color' | 'backgroundColor'} property
 */
function colour(element, property) {
  return element.evaluate((node, name) => getComputedStyle(node)[name], property)
}

/** @param {() => Promise<boolean>} condition */
async function until(condition) {
  const deadline = performance.now() + 10_000
  while (!(await condition())) assert.ok(performance.now() < deadline, `never came true: ${condition}`)
}
