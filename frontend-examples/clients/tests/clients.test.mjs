// Each client as it stands, against a real server with real icons: what it says, and what it asks for.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endClients, startClient } from './client.mjs'
import { startProxy } from './proxy.mjs'
import { createCatalog, startServer } from './server.mjs'

const trustedDocuments = fileURLToPath(new URL('../generated/trusted-documents.json', import.meta.url))

describe('the clients', { timeout: 240_000 }, () => {
  /** @type {ReturnType<typeof createCatalog>} */
  let catalog
  /** @type {Awaited<ReturnType<typeof startServer>> | undefined} */
  let server
  /** @type {Awaited<ReturnType<typeof startProxy>> | undefined} */
  let proxy

  before(() => {
    catalog = createCatalog()
  })

  after(() => catalog?.remove())

  afterEach(async () => {
    endClients()
    proxy?.stop()
    await server?.stop()
  })

  /** @param {Record<string, string>} variables */
  async function serve(variables = {}) {
    server = await startServer(catalog, variables)
    proxy = await startProxy(server.origin)
    return proxy
  }

  /**
   * Runs a client to its end, and returns what it said and what it asked.
   *
   * @param {string} file
   * @param {Awaited<ReturnType<typeof startProxy>>} through
   * @param {Parameters<typeof startClient>[2]} options
   */
  async function run(file, through, options = { words: ['arrow'] }) {
    through.passed.length = 0
    const { status, lines, stderr } = await startClient(file, through.origin, options).ends()
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, lines.join('\n'))
    return { lines, requests: through.passed.map(({ method, status }) => `${method} ${status}`) }
  }

  /** Each line has the form that stands beside it. @param {string[]} lines @param {RegExp[]} forms */
  function assertLines(lines, forms) {
    assert.equal(lines.length, forms.length, lines.join('\n'))
    forms.forEach((form, index) => assert.match(lines[index] ?? '', form))
  }

  /** What a list of three pages says. */
  const list = [
    /^list: 50 of [1-9]\d{2,} icons, \w+:\S+ … \w+:\S+$/,
    /^list: 100 of [1-9]\d{2,} icons, \w+:\S+ … \w+:\S+$/,
    /^list: 150 of [1-9]\d{2,} icons, \w+:\S+ … \w+:\S+$/,
    /^detail: (lucide|tabler):\S+ of (Lucide|Tabler Icons), 24 × 24, (ISC|MIT)$/,
  ]

  for (const environment of ['development', 'production']) {
    describe(`in ${environment}`, () => {
      const teaching = /** @type {[file: string, learnt: string][]} */ ([
        ['apollo.ts', 'POST 200'],
        ['urql.ts', 'GET 200'],
      ])
      for (const [file, learnt] of teaching) {
        it(`${file} asks once a page, by hash, and once more for a document that is new`, async () => {
          const through = await serve({ ENVIRONMENT: environment })
          const first = await run(file, through)
          assertLines(first.lines, list)
          assert.deepEqual(first.requests, ['GET 200', learnt, 'GET 200', 'GET 200'])

          const again = await run(file, through)
          assert.deepEqual(again.lines, first.lines)
          assert.deepEqual(again.requests, ['GET 200', 'GET 200', 'GET 200'])
          for (const { asked } of through.passed) assert.equal(asked.get('query'), null, 'the document is not sent')
        })
      }

      it('fetch.ts asks once a page, reads no page twice, and tells errors apart', async () => {
        const through = await serve({ ENVIRONMENT: environment })
        const { lines, requests } = await run('fetch.ts', through)
        assertLines(lines, [
          /^page 1: 50 of [1-9]\d{2,} icons, \w+:\S+ …$/,
          /^page 2: 50 of /,
          /^page 3: 50 of /,
          /^ {2}\(not modified\)$/,
          /^page 2 again: 50 of /,
          /^refused: LIMIT_EXCEEDED: maxPageSize is at most 100 and was 1000$/,
        ])
        assert.equal(lines[4]?.replace(' again', ''), lines[1])
        assert.deepEqual(requests, ['GET 200', 'POST 200', 'GET 200', 'GET 200', 'GET 304', 'GET 400'])
      })
    })
  }

  it('fetch.ts comes again when a server says so that has given it its share', async () => {
    // Four pages of 156 each are a little more than that.
    const through = await serve({ RATE_LIMIT_COST_PER_MINUTE: '560' })
    const { lines, requests } = await run('fetch.ts', through)
    assert.ok(lines.some((line) => /^ {2}\(429: again in [1-9]\d* s\)$/.test(line)), lines.join('\n'))
    assert.equal(lines.filter((line) => line.startsWith('page')).length, 4, lines.join('\n'))
    assert.ok(requests.includes('GET 429'), requests.join())
  })

  it('relay.ts is answered by a server that takes listed documents alone, once a page', async () => {
    const variables = { ENVIRONMENT: 'production', DOCUMENTS_MODE: 'trusted_only', DOCUMENTS_MANIFEST: trustedDocuments }
    const { lines, requests } = await run('generated/bundle/relay.js', await serve(variables))
    assertLines(lines, list)
    assert.deepEqual(requests, ['GET 200', 'GET 200', 'GET 200'])
  })

  it("Relay's documents keep to the schema and the limits", () => {
    assert.equal(catalog.run('operations', 'check', trustedDocuments), '2 operations fit the schema and keep the limits\n')
  })

  it('graphql-ws.ts goes on after its connection broke, and shows the gap', async () => {
    const through = await serve()
    const client = startClient('graphql-ws.ts', through.origin)
    await client.says(/requests\/s/, 2)
    through.cut()
    await client.says(/^connection closed/)
    through.mend()
    const { status, lines, stderr } = await client.ends()
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, lines.join('\n'))

    const snapshot = / \d+\.\d requests\/s {2}p50 \d+\.\d ms {2}p99 \d+\.\d ms {2}\d+ in flight {2}pool \d+\/\d+ {2}[1-9]\d* MB$/
    assert.equal(lines[0], 'connected')
    assert.equal(lines.filter((line) => snapshot.test(line)).length, 5, lines.join('\n'))
    const broke = lines.indexOf('connection closed: 1006')
    const rejoined = lines.indexOf('connected again')
    assert.ok(broke > 0 && rejoined > broke, lines.join('\n'))
    assert.match(lines[rejoined + 1] ?? '', /^\(nothing is known of \d+\.\d s\)$/)
    assert.deepEqual(through.passed.map(({ method }) => method), ['UPGRADE', 'UPGRADE'])
  })

  it('graphql-ws.ts needs a key in production', async () => {
    const through = await serve({ ENVIRONMENT: 'production' })
    const without = await startClient('graphql-ws.ts', through.origin).ends()
    assert.equal(without.status, 1)
    assert.match(without.stderr, /metrics:read/)

    const key = catalog.run('keys', 'create', '--scope', 'metrics:read').trim()
    const { lines } = await run('graphql-ws.ts', through, { variables: { ICONQL_KEY: key, ICONQL_SNAPSHOTS: '2' } })
    assert.equal(lines.filter((line) => line.includes('requests/s')).length, 2, lines.join('\n'))
  })

  it('sse.ts tells each change once, also of those while it was cut off', { timeout: 60_000 }, async () => {
    const through = await serve()
    const client = startClient('sse.ts', through.origin, { variables: { ICONQL_CHANGES: '3', ICONQL_SECONDS: '600' } })
    await client.says(/^up to date with generation 2$/)
    importSet(['one', 'two'])
    await client.says(/^generation 3: /)

    through.cut()
    await client.says(/^disconnected: .*: again in 250 ms$/)
    importSet(['two', 'three', 'four'])
    through.mend()
    const { status, lines, stderr } = await client.ends()
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, lines.join('\n'))
    assert.deepEqual(
      lines.filter((line) => line.startsWith('generation')),
      [
        'generation 3: client-test: 2 added: client-test:one client-test:two',
        'generation 4: client-test: 2 added: client-test:four client-test:three',
        'generation 4: client-test: 1 removed: client-test:one',
      ],
    )
    assert.equal(lines.at(-1), 'told of 3 changes')
  })

  /** Imports a set with these icons, in the place of the last one. @param {string[]} keys */
  function importSet(keys) {
    const icons = Object.fromEntries(keys.map((key) => [key, { body: '<path d="M0 0h16v16z"/>' }]))
    const file = join(catalog.folder, 'client-test.json')
    writeFileSync(file, JSON.stringify({ prefix: 'client-test', icons }))
    catalog.run('import', file)
  }
})
