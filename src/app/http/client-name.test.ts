import { expect, test } from 'vitest'
import { createClientLabels } from './client-name.ts'

test('labels are the configured names, each with at most 20 versions', () => {
  const labelsOf = createClientLabels(['web', 'ios'])
  for (let n = 0; n < 1_000; n += 1) labelsOf({ name: 'web', version: `1.${n}` })
  expect(labelsOf({ name: 'web', version: '1.0' })).toEqual({ client: 'web', client_version: '1.0' })
  expect(labelsOf({ name: 'web', version: '1.20' })).toEqual({ client: 'web', client_version: 'other' })
  expect(labelsOf({ name: 'web', version: null })).toEqual({ client: 'web', client_version: 'none' })
  expect(labelsOf({ name: 'ios', version: '1.20' })).toEqual({ client: 'ios', client_version: '1.20' })
  expect(labelsOf({ name: 'constructor', version: '1' })).toEqual({ client: 'other', client_version: 'other' })
  expect(labelsOf(null)).toEqual({ client: 'none', client_version: 'none' })
})
