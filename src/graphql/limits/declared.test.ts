import { isObjectType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../../app/schema.ts'
import { costOf } from './cost-of-operation.ts'

const fields = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })))

test('every connection says how long its pages are', () => {
  const connections = fields.filter(({ field }) => /Connection!?$/.test(String(field.type)))
  expect(connections.length).toBeGreaterThan(4)
  for (const { type, field } of connections) expect(costOf(field).items, `${type.name}.${field.name}`).toBeDefined()
})

test('every mutation says how often a person may call it', () => {
  const mutations = fields.filter(({ type }) => type === schema.getMutationType())
  expect(mutations.length).toBeGreaterThan(8)
  for (const { field } of mutations) expect(field.extensions.pothosOptions, field.name).toHaveProperty('rate')
})

test.each(['Upload.download', 'RequestUploadPayload.request', 'RequestUploadPayload.parts', 'Activity.track'])(
  '%s costs more than a row',
  (coordinate) => {
    const found = fields.find(({ type, field }) => `${type.name}.${field.name}` === coordinate)
    const { own } = found ? costOf(found.field) : {}
    expect(typeof own === 'function' ? own({}) : own).toBeGreaterThan(1)
  },
)
