import { buildSchema } from 'graphql'
import { expect, test } from 'vitest'
import { otherInputStyles } from './input-style.ts'

const found = (mutation: string) =>
  otherInputStyles(
    buildSchema(`
      type Query { ok: Boolean }
      type Mutation { ${mutation}: Boolean }
      input StopInput { id: ID! }
      input OtherInput { id: ID! }
    `),
  )

test('a mutation with one input of its name is accepted', () => {
  expect(found('stop(input: StopInput!)')).toEqual([])
})

test.each([
  'stop',
  'stop(id: ID!)',
  'stop(input: StopInput)',
  'stop(input: OtherInput!)',
  'stop(given: StopInput!)',
  'stop(input: StopInput!, id: ID)',
])('%s is refused', (mutation) => {
  expect(found(mutation)).toEqual(['Mutation.stop must take one argument, input: StopInput!'])
})

test('a schema without mutations is accepted', () => {
  expect(otherInputStyles(buildSchema('type Query { ok: Boolean }'))).toEqual([])
})
