import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { withoutRemovalDate } from './deprecations.ts'

test('names every deprecated part whose reason has no date', () => {
  const schema = buildSchema(`
    type Query {
      a: Int @deprecated(reason: "Use b. Removed after 2027-06-30.")
      b(c: Int @deprecated(reason: "Use d."), d: Int): Int
      e: Int @deprecated
      f(input: Input): Sport
    }
    input Input { g: Int @deprecated(reason: "Ignored.") }
    enum Sport { RUN @deprecated(reason: "Use RUNNING.") RUNNING }
  `)
  expect(withoutRemovalDate(schema)).toEqual(['Query.e', 'Query.b.c', 'Input.g', 'Sport.RUN'])
})
