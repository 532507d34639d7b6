import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { domains } from '../../app/domains.ts'
import { buildSchema } from '../../app/graphql/build-schema.ts'
import { optionsOf } from '../../platform/compat/pothos.ts'
import { costOf } from './cost-of-operation.ts'

const schema = buildSchema(domains)

const fields = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))

test('every connection declares its page length', () => {
  const connections = fields.filter(({ field }) => /Connection!?$/.test(String(field.type)))
  expect(connections.length).toBeGreaterThan(4)
  for (const { type, field } of connections) expect(costOf(field).items, `${type.name}.${field.name}`).toBeDefined()
})

test('every mutation declares its rate', () => {
  const mutations = fields.filter(({ type }) => type === schema.getMutationType())
  expect(mutations.length).toBeGreaterThan(8)
  for (const { field } of mutations) expect(optionsOf(field), field.name).toHaveProperty('rate')
})

test.each(['Upload.download', 'RequestUploadPayload.request', 'RequestUploadPayload.parts', 'Activity.track'])(
  '%s costs more than one row',
  (coordinate) => {
    const found = fields.find(({ type, field }) => `${type.name}.${field.name}` === coordinate)
    const { own } = found ? costOf(found.field) : {}
    expect(typeof own === 'function' ? own({}) : own).toBeGreaterThan(1)
  },
)
