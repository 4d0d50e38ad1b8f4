import { memo, type CSSProperties } from 'react'

/** What the API tells of an icon's looks. */
export interface Drawing {
  body: string
  left: number
  top: number
  width: number
  height: number
  palette: boolean
}

const SHAPES = 'circle|ellipse|g|line|path|polygon|polyline|rect'
const ATTRIBUTES =
  'clip-rule|cx|cy|d|fill|fill-opacity|fill-rule|height|opacity|pathLength|points|r|rx|ry|' +
  'stroke|stroke-dasharray|stroke-dashoffset|stroke-linecap|stroke-linejoin|stroke-miterlimit|stroke-opacity|stroke-width|' +
  'transform|width|x|x1|x2|y|y1|y2'

/** Shapes and how they are painted: nothing that runs, is fetched, has a style or an id, or could. */
const SHAPES_ALONE = new RegExp(
  `^(?:</(?:${SHAPES})>|<(?:${SHAPES})(?: (?:${ATTRIBUTES})="[^"<>&()]*(?:\\([^"<>&():]*\\)[^"<>&()]*)*")*/?>)*$`,
)

const isShapesAlone = remembered((drawing: Drawing) => !drawing.body.includes('url(') && SHAPES_ALONE.test(drawing.body))

const dataUri = remembered((drawing: Drawing) => {
  const { body, width, height } = drawing
  const linked = body.includes('xlink:') ? ' xmlns:xlink="http://www.w3.org/1999/xlink"' : ''
  const svg = `<svg xmlns="http://www.w3.org/2000/svg"${linked} width="${width}" height="${height}" viewBox="${viewBox(drawing)}">${body}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
})

/**
 * Draws an icon in the colour of the text around it, or in its own.
 *
 * The server lets in only what is safe. Still, markup goes into the page only where it is made of shapes alone, as most
 * icons are; all others are images, in which nothing runs and whose ids and styles are their own.
 */
export const Drawn = memo(function Drawn({ drawing }: { drawing: Drawing }) {
  if (isShapesAlone(drawing)) {
    return (
      <svg className={nameOf(drawing)} viewBox={viewBox(drawing)} aria-hidden="true" dangerouslySetInnerHTML={{ __html: drawing.body }} />
    )
  }
  if (drawing.palette) return <img className={nameOf(drawing)} src={dataUri(drawing)} alt="" decoding="async" draggable={false} />
  return <span className="drawn masked" style={{ '--drawing': `url("${dataUri(drawing)}")` } as CSSProperties} aria-hidden="true" />
})

/**
 * The same as markup, for where many are drawn at once: a parser makes an icon and what stands beside it in one go. Null where an icon is
 * to be an image.
 */
export function markupOf(drawing: Drawing): string | null {
  if (!isShapesAlone(drawing)) return null
  return `<svg class="${nameOf(drawing)}" viewBox="${viewBox(drawing)}" aria-hidden="true">${drawing.body}</svg>`
}

function nameOf({ palette }: Drawing): string {
  return palette ? 'drawn coloured' : 'drawn'
}

function viewBox({ left, top, width, height }: Drawing): string {
  return `${left} ${top} ${width} ${height}`
}

/** Works out once for each icon what is looked at whenever it scrolls into view. */
function remembered<Value>(work: (drawing: Drawing) => Value): (drawing: Drawing) => Value {
  const known = new WeakMap<Drawing, Value>()
  return (drawing) => {
    let value = known.get(drawing)
    if (value === undefined) {
      value = work(drawing)
      known.set(drawing, value)
    }
    return value
  }
}
