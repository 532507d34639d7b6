import { readdir, readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClonedDatabase, cloneDatabase } from '../src/testing/postgres.ts'
import { compareFunctions } from './compare-functions.ts'
import type { NamedText } from './unified-diff.ts'

const folder = new URL('../prisma/functions/', import.meta.url)

let database: ClonedDatabase
let client: Client
let files: NamedText[]
beforeAll(async () => {
  database = await cloneDatabase()
  client = new Client({ connectionString: database.ownerUrl })
  await client.connect()
  const names = await readdir(folder)
  files = await Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, folder), 'utf8') })))
})
afterAll(async () => {
  await client.end()
  await database[Symbol.asyncDispose]()
})

/** The problems after one file's text is changed. */
const changed = (name: string, change: (text: string) => string) =>
  compareFunctions(
    client,
    files.map((file) => (file.name === name ? { name, text: change(file.text) } : file)),
  )

test('accepts the files, whatever the layout of their headers', async () => {
  expect(await compareFunctions(client, files)).toEqual([])
  expect(await changed('credits_lock.sql', (text) => text.replace(' RETURNS uuid', '\n  returns uuid'))).toEqual([])
})

test('refuses a body, an option or an argument that differs from the migrated function, and shows the lines', async () => {
  const body = await changed('credits_require.sql', (text) => text.replace('available < amount', 'available <= amount'))
  expect(body).toEqual([expect.stringContaining('+  IF available <= amount THEN')])
  const option = await changed('credits_expire.sql', (text) => text.replace('SECURITY DEFINER ', ''))
  expect(option).toEqual([expect.stringContaining('- SECURITY DEFINER')])
  const argument = await changed('credits_lock.sql', (text) => text.replaceAll('person', 'user_id'))
  expect(argument).toEqual([expect.stringContaining('credits_lock.sql cannot be loaded: cannot change name of input')])
})

test('leaves the database as it was', async () => {
  await changed('credits_require.sql', (text) => text.replace('available < amount', 'false'))
  expect(await compareFunctions(client, files)).toEqual([])
})

test('refuses a function without a file and a file without a function', async () => {
  const others = files.filter(({ name }) => name !== 'uuid_v7.sql')
  expect(await compareFunctions(client, others)).toEqual([expect.stringMatching(/^uuid_v7 has no file/)])
  const text = '-- Does nothing.\n-- Locks: nothing.\n-- Raises: nothing.\nCREATE OR REPLACE FUNCTION idle() …'
  expect(await compareFunctions(client, [...files, { name: 'idle.sql', text }])).toEqual([
    expect.stringMatching(/^idle[.]sql defines a function that no migration creates/),
  ])
})

test.each([
  ['no comment', (text: string) => text.replace(/^(--.*\n)+/, ''), 'does not begin with a comment'],
  ['no line of locks', (text: string) => text.replace(/^-- Locks.*\n/m, ''), 'has no line "-- Locks: "'],
  ['a second function', (text: string) => `${text}CREATE OR REPLACE FUNCTION more() …`, 'must have one statement'],
  ['another name', (text: string) => text.replace('FUNCTION uuid_v7', 'FUNCTION uuid'), 'must have one statement'],
  ['no OR REPLACE', (text: string) => text.replace(' OR REPLACE', ''), 'must have one statement'],
])('refuses a file with %s', async (_, change, problem) => {
  expect(await changed('uuid_v7.sql', change)).toEqual([expect.stringContaining(`uuid_v7.sql ${problem}`)])
})
