import { announce } from './announcer'
import { copyText, download } from './clipboard'
import { Rendition, type RenditionQuery, type SvgOptions, type TileFragment } from './graphql/documents'
import { noteRecent } from './shelf'
import { ask } from './transport'
import { recordUsage } from './usage'

export type Rendered = NonNullable<RenditionQuery['icon']>

/** Pixels of a PNG's height where none are chosen. */
export const PNG_HEIGHT = 256

export async function render(name: string, options: SvgOptions): Promise<Rendered> {
  const { icon } = await ask(Rendition, { name, options })
  if (!icon) throw new Error(`There is no ${name} any more.`)
  return icon
}

/** Copies, says so, and has it counted. */
export async function copy(tile: TileFragment, text: string | Promise<string>, as: string): Promise<boolean> {
  return take(tile, 'COPY', `Copied ${tile.name} as ${as}`, () => copyText(text))
}

export async function copySvg(tile: TileFragment): Promise<boolean> {
  return copy(
    tile,
    render(tile.name, {}).then(({ svg }) => svg),
    'SVG',
  )
}

export async function downloadSvg(tile: TileFragment, svg: Promise<string>): Promise<boolean> {
  return take(tile, 'DOWNLOAD', `Downloaded ${tile.name} as SVG`, async () => {
    download(new Blob([await svg], { type: 'image/svg+xml' }), fileName(tile, 'svg'))
  })
}

/** Draws the SVG of this height in pixels. */
export async function downloadPng(tile: TileFragment, dataUri: Promise<string>): Promise<boolean> {
  return take(tile, 'DOWNLOAD', `Downloaded ${tile.name} as PNG`, async () => {
    const image = new Image()
    image.src = await dataUri
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (!png) throw new Error('The browser cannot draw a PNG of this size.')
    download(png, fileName(tile, 'png'))
  })
}

/** Only what was really taken is counted. */
async function take(tile: TileFragment, kind: 'COPY' | 'DOWNLOAD', done: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
  } catch (error) {
    announce(error instanceof Error ? error.message : String(error))
    return false
  }
  recordUsage(tile.name, kind)
  noteRecent(tile)
  announce(done)
  return true
}

function fileName({ name }: TileFragment, extension: string): string {
  return `${name.replace(':', '-')}.${extension}`
}
