import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The tree that these folders are part of. */
export const root = fileURLToPath(new URL('../', import.meta.url))

/** The program that is tested: ICONQL_BIN, or the newest that Cargo has built here. */
export const program = process.env.ICONQL_BIN ?? newestBuild()

function newestBuild() {
  const target = process.env.CARGO_TARGET_DIR ?? join(root, 'target')
  const built = ['release/iconql', 'debug/iconql', 'debug/iconql-under-test']
    .map((path) => join(target, path))
    .filter((path) => existsSync(path))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)
  if (!built[0]) throw new Error(`There is no server in ${target}: cargo build --package api, or name one in ICONQL_BIN`)
  return built[0]
}

/**
 * The folder of a real set, which `scripts/icons.sh` has brought.
 *
 * @param {string} prefix
 */
export function starterSet(prefix) {
  const path = join(root, 'data/npm/starter/node_modules/@iconify-json', prefix)
  if (!existsSync(path)) throw new Error(`${path} is missing: scripts/icons.sh starter`)
  return path
}
