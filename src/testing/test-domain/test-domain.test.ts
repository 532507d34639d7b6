import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { samplesIn } from '../metric-samples.ts'
import { openPool } from '../pool.ts'
import { type ClonedDatabase, cloneDatabase } from '../postgres.ts'
import { type Program, startProgram } from '../process.ts'
import { type Production, production } from '../production.ts'
import { unzip } from '../unzip.ts'
import { notesTable } from './note.ts'

let database: ClonedDatabase
let server: Program
let made: Production
let url: string
let metricsUrl: string

beforeAll(async () => {
  database = await cloneDatabase()
  const owner = openPool(database.ownerUrl, 1)
  await owner.query(notesTable)
  await owner.end()
  made = await production({ dataDir: inject('dataDir'), bucket: inject('bucket') }, database)
  // Without Clerk's key users are created from the claims of their token.
  const { CLERK_SECRET_KEY: _, ...env } = made.env
  const settings = { ...env, NODE_ENV: 'development', CLIENT_NAMES: 'web,ios' }
  server = startProgram(['src/testing/test-domain/process.ts'], settings)
  const [, port, metricsPort] = await server.waitForOutput(/"port":(\d+),"metricsPort":(\d+)/)
  url = `http://127.0.0.1:${port}/graphql`
  metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function send(email: string, query: string, variables: object = {}, accept = 'application/json') {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${await made.token(email)}` },
    body: JSON.stringify({ query, variables }),
  })
  expect(response.status).toBe(200)
  return response
}

async function run<Data>(email: string, query: string, variables?: object): Promise<Data> {
  const { data, errors } = (await (await send(email, query, variables)).json()) as { data: Data; errors?: object[] }
  expect(errors).toBeUndefined()
  return data
}

const create = `mutation ($text: String!) {
  createNote(input: { text: $text }) { ... on CreateNotePayload { note { id text length } } }
}`

interface Created {
  readonly createNote: { readonly note: { readonly id: string; readonly text: string; readonly length: number | null } }
}

/** Reads events of a subscription until one contains the text. */
async function readUntil(response: Response, text: string): Promise<void> {
  let seen = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    seen += decoder.decode(bytes, { stream: true })
    if (seen.includes(text)) return
  }
  throw new Error(`The stream ended without ${text}: ${seen}`)
}

test('a mutation of an added domain writes its row, its job runs, and its subscription reports the change', async () => {
  const { createNote } = await run<Created>('ada@example.com', create, { text: 'hello' })
  expect(createNote.note).toMatchObject({ text: 'hello' })
  const follow = 'subscription ($id: ID!) { noteChanged(noteId: $id) { text length } }'
  const stream = await send('ada@example.com', follow, { id: createNote.note.id }, 'text/event-stream')
  await readUntil(stream, '"length":5')
})

test('a kind of upload of an added domain is in the contract and runs when its file has arrived', async () => {
  const request = `mutation ($input: RequestUploadInput!) {
    requestUpload(input: $input) {
      ... on RequestUploadPayload { upload { id kind } request { url headers { name value } } }
    }
  }`
  const input = { kind: 'NOTE', filename: 'note.txt', contentType: 'text/plain', byteSize: 3, idempotencyKey: 'first' }
  const { requestUpload } = await run<{
    requestUpload: {
      upload: { id: string; kind: string }
      request: { url: string; headers: { name: string; value: string }[] }
    }
  }>('bea@example.com', request, { input })
  expect(requestUpload.upload.kind).toBe('NOTE')
  const headers = requestUpload.request.headers.map(({ name, value }): [string, string] => [name, value])
  const put = await fetch(requestUpload.request.url, { method: 'PUT', headers, body: 'abc' })
  expect(put.status).toBe(200)
  const complete = 'mutation ($id: ID!) { completeUpload(input: { uploadId: $id }) { __typename } }'
  expect(await run('bea@example.com', complete, { id: requestUpload.upload.id })).toEqual({
    completeUpload: { __typename: 'CompleteUploadPayload' },
  })
  expect(await exportedNotes('bea@example.com')).toEqual([{ text: 'from a file' }])
})

test('the use of deprecated fields is counted by client, of documents and of variables', async () => {
  const query =
    'mutation ($input: CreateNoteInput!) { createNote(input: $input) { ... on CreateNotePayload { note { id body } } } }'
  const clients: readonly Record<string, string>[] = [
    { 'x-client-name': 'web', 'x-client-version': '1.0' },
    { 'apollographql-client-name': 'ios', 'apollographql-client-version': '2.1' },
    { 'x-client-name': 'unknown', 'x-client-version': '3' },
    {},
  ]
  for (const client of clients) {
    for (const input of [{ text: 'a' }, { text: 'a', title: 'b' }]) {
      const authorization = `Bearer ${await made.token('dee@example.com')}`
      const headers = { 'content-type': 'application/json', authorization, ...client }
      const response = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query, variables: { input } }),
      })
      expect(await response.json()).toMatchObject({ data: { createNote: { note: { body: 'a' } } } })
    }
  }
  await run('dee@example.com', create, { text: 'nothing deprecated' })
  const text = await (await fetch(metricsUrl)).text()
  expect(samplesIn(text, 'operation_deprecated_fields_total')).toEqual({
    '{field="Note.body",client="web",client_version="1.0"}': 2,
    '{field="CreateNoteInput.title",client="web",client_version="1.0"}': 1,
    '{field="Note.body",client="ios",client_version="2.1"}': 2,
    '{field="CreateNoteInput.title",client="ios",client_version="2.1"}': 1,
    '{field="Note.body",client="other",client_version="other"}': 2,
    '{field="CreateNoteInput.title",client="other",client_version="other"}': 1,
    '{field="Note.body",client="none",client_version="none"}': 2,
    '{field="CreateNoteInput.title",client="none",client_version="none"}': 1,
  })
})

test('what an added domain holds about a user is exported and erased', async () => {
  const cat = 'cat@example.com'
  await run(cat, create, { text: 'mine' })
  expect(await exportedNotes(cat)).toEqual([{ text: 'mine' }])
  await run(cat, 'mutation { deleteAccount(input: { confirm: "DELETE" }) { __typename } }')
  const owner = openPool(database.ownerUrl, 1)
  const left = async () => (await owner.query("SELECT FROM notes WHERE text = 'mine'")).rowCount
  await expect.poll(left, { timeout: 20_000 }).toBe(0)
  await owner.end()
})

async function exportedNotes(email: string): Promise<unknown> {
  const request = `mutation {
    requestDataExport(input: { idempotencyKey: "k" }) { ... on RequestDataExportPayload { export { id } } }
  }`
  const { requestDataExport } = await run<{ requestDataExport: { export: { id: string } } }>(email, request)
  const read = 'query ($id: ID!) { node(id: $id) { ... on DataExport { download { url } } } }'
  const address = async () => {
    const { node } = await run<{ node: { download: { url: string } | null } }>(email, read, requestDataExport.export)
    return node.download?.url
  }
  await expect.poll(address, { timeout: 20_000 }).toBeDefined()
  const zip = Buffer.from(await (await fetch((await address()) ?? '')).arrayBuffer())
  return JSON.parse((await unzip(zip)).get('notes.json') ?? 'null')
}
