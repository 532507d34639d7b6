/*
 * `npm run check:schema`: is what the server builds exactly the contract, schema.graphql? Both are parsed, sorted and
 * printed, so the file may keep the order and the comments that serve its readers.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import { schema as built } from '../src/app/schema.ts'
import { undescribed } from './undescribed.ts'
import { unifiedDiff } from './unified-diff.ts'

const contract = buildSchema(readFileSync(fileURLToPath(new URL('../schema.graphql', import.meta.url)), 'utf8'))
const print = (schema: GraphQLSchema) => printSchema(lexicographicSortSchema(schema))
const bare = undescribed(contract)

if (print(contract) === print(built) && bare.length === 0) {
  console.log('The server builds exactly schema.graphql.')
} else {
  process.exitCode = 1
  console.error(unifiedDiff(print(contract), print(built)))
  for (const change of await diff(contract, built)) {
    const isBreaking = change.criticality.level === CriticalityLevel.Breaking
    console.error(`${isBreaking ? 'BREAKING' : 'changed '}  ${change.message}`)
  }
  for (const place of bare) console.error(`without a description: ${place}`)
  console.error(
    '\nThe contract (-) and what the server builds (+) differ. Decide which is right: write the change into\n' +
      'schema.graphql first, then make the domain that owns it build the same. Breaking changes need a reason in CHANGELOG.md.',
  )
}
