// Run in a page's folder: writes its src/graphql/ from its src/documents/ and the committed SDL, which is their types, their hashes, and
// their texts by hash.
import { plugin as typesOf } from '@graphql-codegen/typescript-operations'
import { Kind, buildSchema, concatAST, parse, print, stripIgnoredCharacters, validate, visit } from 'graphql'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const schema = buildSchema(readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8'))
const page = pathToFileURL(`${process.cwd()}/`)
const folder = new URL('src/documents/', page)
const target = new URL('src/graphql/', page)

const files = readdirSync(folder)
  .sort()
  .map((file) => ({ location: file, document: parse(readFileSync(new URL(file, folder), 'utf8')) }))
const all = concatAST(files.map(({ document }) => document))
const mistakes = validate(schema, all)
if (mistakes.length > 0) throw new Error(mistakes.map((mistake) => `src/documents: ${mistake.message}`).join('\n'))

const fragments = new Map(
  all.definitions
    .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    .map((definition) => [definition.name.value, definition]),
)
const queries = all.definitions
  .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  .map((operation) => {
    const name = operation.name?.value
    if (!name) throw new Error('src/documents: every operation needs a name')
    const definitions = [operation, ...spreadFrom(operation)]
    const text = stripIgnoredCharacters(definitions.map((definition) => print(definition)).join(' '))
    const kind = operation.operation === 'subscription' ? 'Subscription' : 'Query'
    return { name, kind, text, hash: createHash('sha256').update(text).digest('hex') }
  })

const types = await typesOf(
  schema,
  files,
  {
    enumType: 'string-literal',
    scalars: { Color: 'string', DateTime: 'string', IconName: 'string', Long: 'number', UUID: 'string' },
  },
  { outputFile: 'documents.ts' },
)

mkdirSync(target, { recursive: true })
write('documents.ts', [header(), ...(types.prepend ?? []), types.content, ...queries.map(declaration)].join('\n'))
write('texts.json', `${JSON.stringify(Object.fromEntries(queries.map(({ hash, text }) => [hash, text])), null, 2)}\n`)

/**
 * What is there already stays as old as it is, so that nothing is built anew for it.
 *
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  const file = new URL(name, target)
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text)
}

function header() {
  return "// Written by generate.mjs.\nimport type { Document } from '../../../common/transport'\n"
}

/** @param {{ name: string, kind: string, hash: string }} query */
function declaration({ name, kind, hash }) {
  return `export const ${name}: Document<${name}${kind}, ${name}${kind}Variables> = { hash: '${hash}' }\n`
}

/**
 * The fragments that a definition needs, each once.
 *
 * @param {import('graphql').ExecutableDefinitionNode} definition
 * @param {Set<import('graphql').FragmentDefinitionNode>} [found]
 */
function spreadFrom(definition, found = new Set()) {
  visit(definition, {
    FragmentSpread({ name }) {
      const fragment = fragments.get(name.value)
      if (fragment && !found.has(fragment)) {
        found.add(fragment)
        spreadFrom(fragment, found)
      }
    },
  })
  return found
}
