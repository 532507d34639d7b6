import { buildSchema, parse } from 'graphql'
import { expect, test } from 'vitest'
import { operationProblems } from './operation-problems.ts'

const schema = buildSchema(`
  interface Node { id: ID! }
  type User implements Node { id: ID! name: String plan: Plan friends: [User!]! }
  type Plan { tier: String }
  type Saved { user: User }
  union Result = Saved | Plan
  type Query { me: User node: Node saved: Result }
`)
const problemsOf = (source: string) => operationProblems(schema, parse(source))

test.each([
  '"a" query A { me { id name plan { tier } friends { id } } }',
  '"a" query A { me { ...Card } } fragment Card on User { name ...Key } fragment Key on User { id }',
  '"a" query A { node { ... on User { id name } } }',
  '"a" query A { saved { ... on Saved { user { id } } ... on Plan { tier } } }',
])('accepts %s', (source) => {
  expect(problemsOf(source)).toEqual([])
})

test.each([
  ['"a" query A { me { name } }', 'the selection of Query.me has no id of User'],
  ['"a" query A { me { id friends { name } } }', 'the selection of User.friends has no id of User'],
  ['"a" query A { me { key: id } }', 'the selection of Query.me has no id of User'],
  ['"a" query A { node { __typename } }', 'the selection of Query.node has no id of Node'],
  ['"a" query A { me { ...Card } } fragment Card on User { name }', 'the selection of Query.me has no id of User'],
  ['"a" query A { saved { ... on Saved { user { name } } } }', 'the selection of Saved.user has no id of User'],
  ['query A { me { id } }', 'the query A has no description ("""…""" before it)'],
])('finds the problem of %s', (source, problem) => {
  expect(problemsOf(source)).toEqual([problem])
})
