import { auditServer } from 'graphql-http'
import { expect, test } from 'vitest'
import { startTestApp } from '../../testing/app.ts'

test('the official audits of GraphQL over HTTP pass, for MUST and SHOULD', async () => {
  await using app = await startTestApp()
  const results = await auditServer({ url: `${app.url}/graphql`, fetchFn: fetch })
  expect(results.length).toBeGreaterThan(50)

  expect(results.filter(({ status }) => status === 'error' || status === 'warn')).toEqual([])
})
