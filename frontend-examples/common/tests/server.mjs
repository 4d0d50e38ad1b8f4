import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { program, starterSet } from '../../built.mjs'

const sets = ['lucide', 'logos', 'ph'].map(starterSet)

/** The server itself, as it runs for others, over icons that people use. */
export class Server {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #process
  #data = mkdtempSync(join(tmpdir(), 'iconql-pages-'))
  origin = ''

  /** What is configured otherwise than for all, from the next run on. @type {Record<string, string>} */
  settings = {}

  /** @param {(server: Server) => void} [prepare] what is done with the icons there, before it runs */
  static async start(prepare) {
    const server = new Server()
    server.command('import', ...sets)
    prepare?.(server)
    await server.run()
    return server
  }

  /**
   * What the program says to a command.
   *
   * @param {string[]} words
   */
  command(...words) {
    const { status, stdout, stderr } = spawnSync(program, words, { env: this.#settings(), encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    return stdout
  }

  /** Whether the documents of a folder fit the schema and keep the limits: what there is to say where they do not. */
  static check(/** @type {string} */ folder) {
    const { status, stdout, stderr } = spawnSync(program, ['operations', 'check', folder], { encoding: 'utf8' })
    return status === 0 ? '' : stdout + stderr
  }

  /** Again at the address that it had, where it had one. */
  async run() {
    const listen = this.origin ? new URL(this.origin).host : '127.0.0.1:0'
    const running = spawn(program, ['serve', `--listen=${listen}`], { env: this.#settings(), stdio: ['ignore', 'pipe', 'inherit'] })
    this.#process = running
    for await (const line of createInterface({ input: running.stdout })) {
      const [, origin] = /Icons +(\S+)\/$/.exec(line) ?? []
      if (!origin) continue
      this.origin = origin
      break
    }
    await until(async () => (await fetch(`${this.origin}/api/health/ready`).catch(() => null))?.ok === true)
  }

  async stop() {
    const running = this.#process
    if (!running || running.exitCode !== null) return
    const ended = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGTERM')
    await ended
  }

  async remove() {
    await this.stop()
    rmSync(this.#data, { recursive: true })
  }

  /** @param {string} name */
  async used(name) {
    const query = 'query Used($name: IconName!) { icon(by: { name: $name }) { usage(window: HOUR) { count } } }'
    const response = await fetch(`${this.origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { name } }),
    })
    const { data } = await response.json()
    return data.icon.usage.count
  }

  /** What became of events: `recorded`, `duplicate` and the like. */
  async events() {
    const text = await (await fetch(`${this.origin}/metrics`)).text()
    const counts = text.matchAll(/^usage_events_total\{outcome="(\w+)"\} (\d+)$/gm)
    return Object.fromEntries([...counts].map(([, outcome, count]) => [outcome, Number(count)]))
  }

  #settings() {
    return {
      PATH: process.env.PATH,
      ENVIRONMENT: 'production',
      DATA_DIR: this.#data,
      ANALYTICS_PROCESSING_INTERVAL: '1',
      SHUTDOWN_DELAY_MS: '0',
      LOG_LEVEL: 'error',
      ...this.settings,
    }
  }
}

/**
 * @param {() => Promise<boolean>} condition
 */
export async function until(condition) {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `never came true: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
