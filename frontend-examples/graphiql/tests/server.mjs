import { buildSchema, graphql } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname } from 'node:path'
import { WebSocketServer } from 'ws'

const pages = new URL('../../../api/assets/pages/', import.meta.url)

/** The narrowest policy that the page works under; the server may send this or a wider one. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const mediaTypes = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
})

/**
 * Serves the built page with the headers of the real server, and a small GraphQL endpoint beside it.
 *
 * @typedef {object} RunningServer
 * @property {string} origin
 * @property {{ path: string, accept: string | undefined }[]} requests in the order they came
 * @property {boolean} webSockets false refuses them, as a server without subscriptions does
 * @property {() => void} close
 *
 * @returns {Promise<RunningServer>}
 */
export async function startServer() {
  const schema = buildSchema(await readFile(new URL('schema.graphql', import.meta.url), 'utf8'))
  const requests = /** @type {{ path: string, accept: string | undefined }[]} */ ([])

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    requests.push({ path: pathname, accept: request.headers.accept })
    const answer = pathname === '/graphql' ? runOperation(schema, request) : readAsset(pathname)
    answer.then(
      ({ type, body }) => {
        response.writeHead(200, {
          'content-type': type,
          'content-security-policy': contentSecurityPolicy,
          'x-content-type-options': 'nosniff',
        })
        response.end(body)
      },
      (error) => {
        response.writeHead(404, { 'content-type': 'text/plain' })
        response.end(String(error))
      },
    )
  })
  const sockets = new WebSocketServer({ noServer: true })
  useServer({ schema, roots: { subscription: rootValue } }, sockets)
  server.on('upgrade', (request, socket, head) => {
    if (running.webSockets) sockets.handleUpgrade(request, socket, head, (open) => sockets.emit('connection', open, request))
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  })

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const origin = `http://127.0.0.1:${address.port}`
  /** @type {RunningServer} */
  const running = { origin, requests, webSockets: true, close: () => void server.close() }
  return running
}

/** @param {string} pathname */
async function readAsset(pathname) {
  const file = pathname === '/graphiql' ? '/graphiql/index.html' : pathname
  const type = mediaTypes[extname(file)]
  if (!type) throw new Error(`no media type for ${file}`)
  return { type, body: await readFile(new URL(`.${file}`, pages)) }
}

/**
 * @param {import('graphql').GraphQLSchema} schema
 * @param {import('node:http').IncomingMessage} request
 */
async function runOperation(schema, request) {
  let body = ''
  for await (const chunk of request) body += chunk
  const { query, variables, operationName } = JSON.parse(body)
  const result = await graphql({ schema, source: query, rootValue, variableValues: variables, operationName })
  return { type: 'application/graphql-response+json; charset=utf-8', body: JSON.stringify(result) }
}

const rootValue = {
  /** One change, and then none for as long as anyone listens. */
  async *catalogChanged() {
    yield { catalogChanged: { generation: 7, kind: 'ADDED', prefix: 'lucide', count: 1 } }
    await new Promise(() => {})
  },
  /** @param {{ names: string[] }} args */
  icons: ({ names }) =>
    names.map((name) => {
      const [prefix, key] = name.split(':')
      if (key === 'no-such-icon') return { __typename: 'IconNotFound', name }
      const set = { name: prefix, license: { title: 'MIT' } }
      return { __typename: 'Icon', name, body: '<path d="M4 4h16v16H4z"/>', width: 24, height: 24, set }
    }),
}
