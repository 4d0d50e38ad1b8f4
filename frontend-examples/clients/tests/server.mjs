import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { program, starterSet } from '../../built.mjs'

/** Real sets, of many icons. */
const sets = ['lucide', 'tabler'].map(starterSet)

/** A folder with a database that holds real icons. */
export function createCatalog() {
  const folder = mkdtempSync(join(tmpdir(), 'iconql-clients-'))
  mkdirSync(join(folder, 'cwd'))
  const catalog = {
    folder,
    /** @param {string[]} words */
    run: (...words) => run(folder, words),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  catalog.run('import', ...sets)
  return catalog
}

/**
 * What a command prints, once it has succeeded.
 *
 * @param {string} folder
 * @param {string[]} words
 */
function run(folder, words) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { ...surroundings(folder, {}), encoding: 'utf8' })
  if (status !== 0) throw new Error(`iconql ${words.join(' ')}: status ${status}: ${error ?? stderr}`)
  return stdout
}

/**
 * No configuration but what is given: neither this machine's variables nor a file in the working directory.
 *
 * @param {string} folder
 * @param {Record<string, string>} variables
 */
function surroundings(folder, variables) {
  const env = { PATH: process.env.PATH, DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'error', ...variables }
  return { cwd: join(folder, 'cwd'), env }
}

/**
 * Starts a server on a port of its own, and waits until it can search.
 *
 * @param {{ folder: string }} catalog
 * @param {Record<string, string>} variables
 */
export async function startServer({ folder }, variables = {}) {
  const child = spawn(program, ['serve', '--listen=127.0.0.1:0'], {
    ...surroundings(folder, variables),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const origin = await addressOf(child.stdout)
  while (!(await fetch(`${origin}/api/health/ready`)).ok);
  return {
    origin,
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** @param {import('node:stream').Readable} output */
async function addressOf(output) {
  const lines = createInterface(output)
  for await (const line of lines) {
    const address = /^\s*GraphQL\s+(http:\S+)\/graphql$/.exec(line)?.[1]
    if (!address) continue
    output.resume()
    return address
  }
  throw new Error('the server ended before it served')
}
