import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultLimits } from '../../config/limits.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { createDocumentCache } from './document-cache.ts'
import { readManifest } from './operation-manifest.ts'

const allowed = 5

let app: TestApp
let strict: TestApp
beforeAll(async () => {
  app = await startTestApp({ config: { mode: 'production' } })
  const limits = { ...defaultLimits, documentsPerAddress: { points: allowed, seconds: 60 } }
  strict = await startTestApp({ databaseUrl: app.databaseUrl, config: { mode: 'production', limits } })
})
afterAll(async () => {
  await strict[Symbol.asyncDispose]()
  await app[Symbol.asyncDispose]()
})

const tooLong = {
  status: 200,
  errors: [
    {
      message: expect.stringContaining('the maximum is 32768'),
      extensions: { code: 'OPERATION_TOO_LARGE', asked: 32_769 },
    },
  ],
}

test('a document of more than 32 KiB is refused', async () => {
  const document = (length: number) => '{__typename}'.padEnd(length)
  expect(await app.query(null, document(32_768))).toMatchObject({ status: 200, data: { __typename: 'Query' } })
  expect(await app.query(null, document(32_769))).toMatchObject(tooLong)
})

test('a flood of comments is refused', async () => {
  const { errors } = await app.query(null, `{__typename}${'#\n'.repeat(10_000)}`)
  expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_PARSE_FAILED' } }])
})

const fill = `
  import { parse } from 'graphql'
  import { createDocumentCache } from '${new URL('document-cache.ts', import.meta.url).href}'
  const cache = createDocumentCache()
  const used = () => (gc(), process.memoryUsage().heapUsed / 1024 ** 2)
  const before = used()
  for (let n = 0; n < 1_000; n += 1) {
    const text = Buffer.from('{' + 'me{id name email}'.repeat(100) + '}' + '#\\n'.repeat(300) + '#' + n).toString()
    cache.set(text, parse(text))
  }
  console.log(Math.round(used() - before), cache.size)`

test('the cache of documents takes at most 64 MB, whatever is sent', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--input-type=module', '-e', fill], {
    cwd: new URL('../../..', import.meta.url),
  })
  const [megabytes = 0, documents = 0] = stdout.trim().split(' ').map(Number)
  expect(documents).toBeGreaterThan(100)
  expect(documents).toBeLessThan(300)
  expect(megabytes).toBeLessThan(80)
})

test('a few large documents do not evict many small ones', () => {
  const documents = createDocumentCache()
  const large = parse(`{__typename}${'#\n'.repeat(1_800)}`)
  documents.set('small', parse('{__typename}'))
  for (let n = 0; n < 200; n += 1) documents.set(`large ${n}`, large)
  expect([...documents.keys()]).toEqual(['small'])
})

test('each process counts the documents that are new to it, so a deployment exceeds no limit', async () => {
  const limits = { ...defaultLimits, documentsPerAddress: { points: 10, seconds: 60 } }
  for (let n = 0; n < 3; n += 1) {
    const config = { mode: 'production', limits } as const
    await using one = await startTestApp({ databaseUrl: app.databaseUrl, config })
    for (let document = 0; document < 9; document += 1) {
      expect((await one.query(null, `query Same${document} { __typename }`)).status).toBe(200)
    }
  }
})

test('new documents are counted; cached ones and our own operations are not', async () => {
  const refused = { status: 429, errors: [{ extensions: { code: 'RATE_LIMITED', limit: 'documents-of-address' } }] }
  const read = (n: number) => strict.query(null, `query Q${n} { __typename }`)
  for (let n = 0; n < allowed - 1; n += 1) expect((await read(n)).status).toBe(200)
  for (let n = 0; n < 3 * allowed; n += 1) expect((await read(0)).status).toBe(200)
  // A refused document is not cached, so it is counted again the second time.
  expect((await strict.query(null, '{ nothing }')).errors).toMatchObject([
    { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
  ])
  const again = await strict.query(null, '{ nothing }')
  expect(again).toMatchObject(refused)
  expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(50)
  expect(await read(allowed)).toMatchObject(refused)
  expect((await read(0)).status).toBe(200)
  for (const document of readManifest().values()) expect((await strict.query(null, document)).status).not.toBe(429)
})
