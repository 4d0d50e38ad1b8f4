/** An example that the page offers: one document of `frontend-examples/operations`. */
export interface Operation {
  /** The name of its one operation, which is also the name of its file. */
  name: string
  /** The comment lines that open the file, as one text. */
  about: string
  /** The document as it stands in the file. */
  query: string
}

const files = import.meta.glob<string>('../../operations/*.graphql', { query: '?raw', import: 'default', eager: true })

const byName = new Map(Object.entries(files).map(([path, text]) => [fileName(path), readOperation(path, text)]))

/** The examples that a first visit opens as tabs, in this order. */
const opening = ['ScrollPage', 'Search', 'OneIcon', 'IconSets', 'IconsOfSet', 'Changes', 'ServiceInfo'].map((name) => {
  const operation = byName.get(name)
  if (!operation) throw new Error(`frontend-examples/operations/${name}.graphql is missing`)
  return operation
})

export const defaultTabs = opening.map(({ query }) => ({ query }))

/** Every example: the opening ones first, the others by name. */
export const operations: Operation[] = [...new Set([...opening, ...byName.values()])]

function readOperation(path: string, text: string): Operation {
  return { name: fileName(path), about: openingComment(text), query: text.trimEnd() }
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.graphql$/, '')
}

function openingComment(text: string): string {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('#'))
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^#\s?/, ''))
    .join(' ')
}
