import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants } from 'node:zlib'
import type { Plugin } from 'vite'

/** What is text. All else is small already. */
const TEXT = /\.(?:css|html|js|json|svg)$/

const compress = promisify(brotliCompress)

/** Writes text files once more as small as Brotli makes them, `{file}.br`: who takes that is sent it, and nothing is compressed for it then. */
export function brotli(): Plugin {
  let folder = ''
  return {
    name: 'iconql:brotli',
    apply: 'build',
    configResolved({ build }) {
      folder = build.outDir
    },
    // When all others have written theirs.
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error?: Error) {
        if (error) return
        const files = await readdir(folder, { recursive: true })
        await Promise.all(files.filter((file) => TEXT.test(file)).map((file) => compressFile(join(folder, file))))
      },
    },
  }
}

async function compressFile(file: string): Promise<void> {
  const source = await readFile(file)
  const params = {
    [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    [constants.BROTLI_PARAM_SIZE_HINT]: source.length,
  }
  const small = await compress(source, { params })
  if (small.length < source.length) await writeFile(`${file}.br`, small)
}
