/*
 * `npm run check:schema`: does the server build exactly the contract, schema.graphql? Both are parsed, sorted and
 * printed, so that the file can have its own order and comments.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CriticalityLevel, diff } from '@graphql-inspector/core'
import { buildSchema, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql'
import { domains } from '../src/app/domains.ts'
import { buildSchema as buildSchemaOf } from '../src/app/graphql/build-schema.ts'
import { withoutRemovalDate } from './deprecations.ts'
import { otherInputStyles } from './input-style.ts'
import { undescribed } from './undescribed.ts'
import { unifiedDiff } from './unified-diff.ts'

const built = buildSchemaOf(domains)
const contract = buildSchema(readFileSync(fileURLToPath(new URL('../schema.graphql', import.meta.url)), 'utf8'))
const print = (schema: GraphQLSchema) => printSchema(lexicographicSortSchema(schema))
const bare = undescribed(contract)
const undated = withoutRemovalDate(contract)
const styles = otherInputStyles(contract)

if (undated.length > 0) {
  process.exitCode = 1
  for (const place of undated) console.error(`deprecated without a date of removal (docs/deprecation.md): ${place}`)
} else if (print(contract) === print(built) && bare.length === 0 && styles.length === 0) {
  console.log('The server builds exactly schema.graphql.')
} else {
  process.exitCode = 1
  console.error(
    unifiedDiff(
      { name: 'schema.graphql', text: print(contract) },
      { name: 'what the server builds', text: print(built) },
    ),
  )
  for (const change of await diff(contract, built)) {
    const isBreaking = change.criticality.level === CriticalityLevel.Breaking
    console.error(`${isBreaking ? 'BREAKING' : 'changed '}  ${change.message}`)
  }
  for (const problem of styles) console.error(problem)
  for (const place of bare) console.error(`without a description: ${place}`)
  console.error(
    '\nThe contract (-) and what the server builds (+) differ. Decide which is right. Change schema.graphql first, then\n' +
      'the code of the domain. A breaking change needs a reason in CHANGELOG.md.',
  )
}
