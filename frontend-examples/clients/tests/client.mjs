import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Those that have not ended. */
const running = /** @type {Set<import('node:child_process').ChildProcess>} */ (new Set())

/** Ends what a test that failed has left. */
export function endClients() {
  for (const child of running) child.kill('SIGKILL')
}

const folder = fileURLToPath(new URL('../', import.meta.url))

/**
 * Runs a client as a person does.
 *
 * @param {string} file
 * @param {string} url the server's address
 * @param {{ words?: string[], variables?: Record<string, string> }} options
 */
export function startClient(file, url, { words = [], variables = {} } = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...words], {
    cwd: folder,
    env: { PATH: process.env.PATH, ICONQL_URL: url, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  child.once('close', () => running.delete(child))
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text))
  const closed = once(child, 'close')
  const client = {
    lines: () => stdout.split('\n').slice(0, -1),
    /**
     * Waits until it has said a line like this, so many times.
     *
     * @param {RegExp} line
     */
    async says(line, times = 1) {
      const isSaid = () => client.lines().filter((said) => line.test(said)).length >= times
      while (!isSaid()) {
        const ended = await Promise.race([once(child.stdout, 'data'), closed.then(() => 'ended')])
        if (ended === 'ended' && !isSaid()) throw new Error(`it never said ${line}: ${stdout}${stderr}`)
      }
    },
    /** Waits until it ends by itself. */
    async ends() {
      await closed
      return { status: child.exitCode, lines: client.lines(), stderr }
    },
  }
  return client
}
