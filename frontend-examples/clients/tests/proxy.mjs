import { createServer, request } from 'node:http'
import { connect } from 'node:net'

/**
 * A proxy before `origin` that takes down what passes, changes nothing of it, and can cut the line.
 *
 * @typedef {object} Passed
 * @property {string} method `UPGRADE` of a request for a socket
 * @property {URLSearchParams} asked the query of its address
 * @property {number} status
 *
 * @param {string} origin
 */
export async function startProxy(origin) {
  const target = new URL(origin)
  const passed = /** @type {Passed[]} */ ([])
  const lines = /** @type {Set<import('node:net').Socket>} */ (new Set())
  let isCut = false

  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '/', headers } = incoming
    const onward = request({ host: target.hostname, port: target.port, method, path: url, headers }, (answer) => {
      passed.push({ method, asked: new URL(url, origin).searchParams, status: answer.statusCode ?? 0 })
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      // Events may be long in coming.
      outgoing.flushHeaders()
      answer.pipe(outgoing)
      answer.once('error', () => outgoing.destroy())
    })
    onward.once('error', () => outgoing.destroy())
    outgoing.once('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  server.on('connection', (socket) => {
    if (isCut) return void socket.destroy()
    lines.add(socket)
    socket.once('close', () => lines.delete(socket))
  })
  server.on('upgrade', ({ method, url, headers }, socket, head) => {
    const { searchParams } = new URL(url ?? '/', origin)
    passed.push({ method: 'UPGRADE', asked: searchParams, status: 101 })
    const onward = connect(Number(target.port), target.hostname, () => {
      const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      onward.write(`${method} ${url} HTTP/1.1\r\n${fields.join('')}\r\n`)
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    const end = () => void (onward.destroy(), socket.destroy())
    for (const side of [onward, socket]) side.once('error', end).once('close', end)
  })

  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    origin: `http://127.0.0.1:${port}`,
    passed,
    /** Ends every connection, and takes none until `mend`. */
    cut() {
      isCut = true
      for (const socket of lines) socket.destroy()
    },
    mend: () => void (isCut = false),
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}
