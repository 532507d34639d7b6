import { randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest'
import { addOperations } from '../../cli/operations.ts'
import { ConfigError, readSettings } from '../../config/config.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { runCommand } from '../../testing/run-command.ts'
import { checkManifests, readClientManifests } from './client-manifests.ts'
import { sha256 } from './operation-manifest.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const text = 'query OfClient { me { email } }'
const apollo = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [{ id: 'a1', name: 'OfClient', type: 'query', body: text }],
}
const relay = { '0123456789abcdef0123456789abcdef': text }

function write(content: unknown): string {
  const path = join(inject('dataDir'), `manifest-${randomUUID()}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  onTestFinished(() => rmSync(path))
  return path
}

test.each<[string, object, string]>([
  ['Apollo', apollo, 'a1'],
  ['the Relay compiler', relay, '0123456789abcdef0123456789abcdef'],
  ['the client preset', { [sha256(text)]: text }, `sha256:${sha256(text)}`],
])('with PERSISTED_ONLY the operations of a manifest of %s are run by their id', async (_about, manifest, id) => {
  const config = { persistedOnly: true, persistedManifests: [write(manifest)] }
  await using server = await startTestApp({ databaseUrl: app.databaseUrl, config })
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${await server.token('a@example.com')}` }
  const send = async (body: object) => {
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await response.json()) as object
  }
  const answer = { data: { me: { email: 'a@example.com' } } }
  expect(await send({ documentId: id })).toMatchObject(answer)
  const sha256Hash = id.replace('sha256:', '')
  expect(await send({ extensions: { persistedQuery: { version: 1, sha256Hash } } })).toMatchObject(answer)
  expect(await send({ query: text })).toMatchObject(answer)
  expect(await send({ query: '{ __typename }' })).toMatchObject({
    errors: [{ extensions: { code: 'PERSISTED_ONLY' } }],
  })
})

test.each<[string, () => string, RegExp]>([
  ['is missing', () => '/nothing/manifest.json', /\/nothing\/manifest\.json cannot be read\.$/],
  ['is not JSON', () => write('{'), /is not valid JSON\.$/],
  [
    'is another document',
    () => write({ operations: [] }),
    /is neither a manifest of Apollo nor an object of texts by id/,
  ],
  ['is a list', () => write([text]), /is neither a manifest of Apollo/],
])('a file that %s stops the start and is named', (_about, path, problem) => {
  const file = path()
  expect(() => readClientManifests([file])).toThrow(ConfigError)
  expect(() => readSettings({ PERSISTED_MANIFESTS: file }, [checkManifests])).toThrow(problem)
})

test('an id with two texts is refused, with one text it is not', () => {
  expect(readClientManifests([write(relay), write(relay), write(apollo)]).size).toBe(2)
  const other = write({ ...relay, '0123456789abcdef0123456789abcdef': '{ __typename }' })
  expect(() => readClientManifests([write(relay), other])).toThrow(/has another text for the id 0123456789abcdef/)
})

test.each(['apollo', 'relay', 'client-preset'])(
  '`operations manifest --format %s` prints what PERSISTED_MANIFESTS reads',
  async (format) => {
    const { output } = await runCommand(addOperations, ['operations', 'manifest', '--format', format])
    const manifest = readClientManifests([write(output)])
    expect(manifest.size).toBeGreaterThan(20)
    for (const [id, body] of manifest) expect(sha256(body)).toBe(id)
    const isTyped = [...manifest.values()].every((body) => body.includes('__typename'))
    expect(isTyped).toBe(format === 'apollo')
  },
)
