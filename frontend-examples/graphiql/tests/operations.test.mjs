// The examples are what a reader learns the API from: each has to be one operation, explained, and right.
import { buildSchema, parse, validate } from 'graphql'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, it } from 'node:test'

const folder = new URL('../../operations/', import.meta.url)
const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'))
const files = readdirSync(folder).filter((file) => file.endsWith('.graphql'))

describe('example operations', () => {
  it('exist', () => assert.notEqual(files.length, 0))

  for (const file of files) {
    it(file, () => {
      const text = readFileSync(new URL(file, folder), 'utf8')
      const { definitions } = parse(text)
      const operations = definitions.filter((definition) => definition.kind === 'OperationDefinition')

      assert.match(text, /^# \S/, 'opens with a comment that says what it shows')
      assert.deepEqual(
        operations.map((operation) => operation.name?.value),
        [basename(file, '.graphql')],
        'holds one operation, named as the file',
      )
      assert.deepEqual(
        validate(schema, parse(text)).map((error) => error.message),
        [],
        'is valid for the schema',
      )
    })
  }
})
