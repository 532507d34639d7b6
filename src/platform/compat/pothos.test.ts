import SchemaBuilder from '@pothos/core'
import PrismaPlugin from '@pothos/plugin-prisma'
import { type GraphQLObjectType, graphql } from 'graphql'
import { beforeEach, expect, test } from 'vitest'
import type PrismaTypes from '../../generated/pothos-prisma-types.ts'
import { getDatamodel } from '../../generated/pothos-prisma-types.ts'
import type { PrismaClient } from '../../generated/prisma/client.ts'
import { optionsOf, type ParentSelect, selectedColumnsOf, withParentSelect } from './pothos.ts'

interface Context {
  readonly name: string
}

const builder = new SchemaBuilder<{ PrismaTypes: PrismaTypes; Context: Context }>({
  plugins: [PrismaPlugin],
  // Of a plugin that is not used here, but whose types are global.
  scopeAuth: { authScopes: () => ({}) },
  // No query is sent: the one root field shows its query instead.
  prisma: { client: {} as PrismaClient, dmmf: getDatamodel() },
})

let query: object
let received: { args: unknown; context: unknown; names: string[]; nested: boolean; absent: boolean; type: string }
beforeEach(() => {
  query = {}
})

const selectUploads: ParentSelect<{ first?: number | null }, Context> = (args, context, nest, selected, { field }) => {
  received = {
    args,
    context,
    names: [...selected()],
    nested: selected(['edges', 'node']) !== null,
    absent: selected(['edges', 'other']) === null,
    type: String(field.type),
  }
  return { select: { uploads: nest({ take: args.first ?? 20 }, ['edges', 'node']) } }
}

const Upload = builder.prismaObject('Upload', {
  select: { userId: true },
  fields: (t) => ({
    filename: t.exposeString('filename', { nullable: false }),
    label: t.string({ select: { kind: true, status: true }, resolve: ({ kind, status }) => `${kind} ${status}` }),
    user: t.relation('user'),
    computed: t.string({ resolve: () => 'x' }),
  }),
})
const Page = builder.objectRef<{ edges: object[] }>('Page')
const Edge = builder.objectRef<object>('Edge')
Edge.implement({
  fields: (t) => ({ node: t.field({ type: Upload, resolve: () => null }), other: t.int({ resolve: () => 1 }) }),
})
Page.implement({
  fields: (t) => ({ edges: t.field({ type: [Edge], resolve: () => [] }), count: t.int({ resolve: () => 1 }) }),
})
builder.prismaObject('User', {
  description: 'A person.',
  select: { id: true },
  fields: (t) => ({
    firstName: t.exposeString('firstName', { nullable: true, description: 'The given name.' }),
    uploads: t.field({
      type: Page,
      args: { first: t.arg.int() },
      extensions: withParentSelect(selectUploads),
      resolve: () => ({ edges: [] }),
    }),
  }),
})
builder.queryType({
  fields: (t) => ({
    me: t.prismaField({
      type: 'User',
      resolve: (selection) => {
        query = selection
        return { id: 'u' } as never
      },
    }),
  }),
})
const schema = builder.toSchema()

const typeOf = (name: string) => schema.getType(name) as GraphQLObjectType
const columnsOf = (name: string) => selectedColumnsOf(typeOf('Upload').getFields()[name]!)

test('options are those that a field or a type was defined with', () => {
  expect(optionsOf(typeOf('User').getFields().firstName!)).toMatchObject({ description: 'The given name.' })
  expect(optionsOf(typeOf('User'))).toMatchObject({ description: 'A person.' })
})

test('columns are those of an exposed field, of a select, none of a relation, and unknown of a resolver', () => {
  expect(columnsOf('filename')).toEqual(['filename'])
  expect(columnsOf('label')).toEqual(['kind', 'status'])
  expect(columnsOf('user')).toEqual([])
  expect(columnsOf('computed')).toBeNull()
  expect(selectedColumnsOf(typeOf('Upload'))).toEqual(['id', 'userId'])
  expect(selectedColumnsOf(typeOf('User').getFields().uploads!)).toBeNull()
})

test('a field adds to the query of its parent, with what is selected below it', async () => {
  const source = '{ me { firstName uploads(first: 3) { count edges { node { filename } } } } }'
  const context = { name: 'ada' }
  expect((await graphql({ schema, source, contextValue: context })).errors).toBeUndefined()
  expect(received).toEqual({
    args: { first: 3 },
    context,
    names: ['count', 'edges'],
    nested: true,
    absent: true,
    type: 'Page',
  })
  expect(query).toEqual({
    select: {
      id: true,
      firstName: true,
      uploads: { take: 3, select: { id: true, userId: true, filename: true } },
    },
  })
})

test('a field that is not selected adds nothing', async () => {
  await graphql({ schema, source: '{ me { firstName } }', contextValue: { name: 'ada' } })
  expect(query).toEqual({ select: { id: true, firstName: true } })
})
