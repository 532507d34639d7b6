import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { users } from '../../domains/users/index.ts'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { type ImportStep, importUsers } from './import-users.ts'
import { newNotes, readLegacyUsers } from './read-users.ts'

let app: TestApp
beforeEach(async () => {
  app = await startTestApp()
})
afterEach(() => app[Symbol.asyncDispose]())

/** Splits bytes at any position, as a stream may do. */
function* chunksOf(text: string | Buffer, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function importText(text: string | Buffer, { steps = Number.POSITIVE_INFINITY, chunkSize = 7 } = {}) {
  const { db, emails } = app.app.services(users)
  const sum = { created: 0, updated: 0, unchanged: 0, linked: 0 }
  const refused: ImportStep['refused'][number][] = []
  let taken = 0
  const bytes = Readable.from(chunksOf(text, chunkSize), { objectMode: false })
  for await (const step of importUsers({ db: db.prisma, emails, clock: () => app.now }, readLegacyUsers(bytes))) {
    for (const kind of ['created', 'updated', 'unchanged', 'linked'] as const) sum[kind] += step[kind]
    refused.push(...step.refused)
    taken += 1
    if (taken === steps) break
  }
  return { ...sum, refused }
}

const empty = { created: 0, updated: 0, unchanged: 0, linked: 0, refused: [] }

async function usersInDatabase() {
  const rows = await app.app.db.prisma.user.findMany({ orderBy: { legacyId: 'asc' } })
  return rows.map((row) => [
    row.legacyId,
    app.app.services(users).emails.read(row.emailEncrypted),
    row.firstName,
    row.lastName,
    row.legacyCredits,
  ])
}

const csv = `\ufeffLegacy_ID,E-Mail,note,firstName,LAST NAME,Credits\r
7,Mina@Example.com,"two
lines, and ""quotes""",Mina ,"Kim, Dr.",120\r
\r
8,,x,,,\r
9,jun@example.com,x,준,이,0
`

test('imports CSV as unlinked users; a second import changes nothing', async () => {
  expect(await importText(csv)).toEqual({ ...empty, created: 3 })
  expect(await usersInDatabase()).toEqual([
    ['7', 'Mina@Example.com', 'Mina', 'Kim, Dr.', 120],
    ['8', null, null, null, 0],
    ['9', 'jun@example.com', '준', '이', 0],
  ])
  const [row] = await app.app.db.prisma.user.findMany({ where: { legacyId: '7' } })
  expect(row).toMatchObject({
    clerkId: null,
    standing: 'ACTIVE',
    emailIndex: app.app.services(users).emails.indexOf('mina@example.com'),
  })
  expect(await importText(csv)).toEqual({ ...empty, unchanged: 3 })
})

test('imports JSON lines with the same result', async () => {
  const lines = [
    { legacyId: 7, email: 'Mina@Example.com', first_name: 'Mina', lastName: 'Kim, Dr.', credits: 120, id: 'other' },
    { id: '8', email: null },
    { ID: '9', EMAIL: 'jun@example.com', firstname: '준', last_name: '이', credits: '0' },
  ]
  expect(await importText(`${lines.map((line) => JSON.stringify(line)).join('\n\n')}`)).toEqual({
    ...empty,
    created: 3,
  })
  expect(await importText(csv)).toEqual({ ...empty, unchanged: 3 })
})

test('divides a name into first and last name, and notes it with the unknown columns', async () => {
  const text = [
    'id,name,first_name,shoe size,ID',
    '1,Mina Kim,,43,x',
    '2, Juan Carlos  García ,,,x',
    '3,김미나,,,x',
    '4,Someone Else,Mina,,x',
    '5,,,,x',
  ].join('\n')
  const notes = newNotes()
  const lines = []
  for await (const line of readLegacyUsers(Readable.from([Buffer.from(text)]), notes)) lines.push(line)
  expect(lines.map((line) => ('user' in line ? [line.user.firstName, line.user.lastName] : line))).toEqual([
    ['Mina', 'Kim'],
    ['Juan Carlos', 'García'],
    ['김미나', null],
    ['Mina', null],
    [null, null],
  ])
  expect(notes).toEqual({ dividedNames: 3, unknownColumns: new Set(['shoe size', 'ID']) })
  const json = newNotes()
  const object = Buffer.from('{"id":1,"name":"Mina Kim","shoe":43}\n{"id":2,"hat":5,"shoe":44}\n')
  for await (const line of readLegacyUsers(Readable.from([object]), json)) expect(line).toHaveProperty('user')
  expect(json).toEqual({ dividedNames: 1, unknownColumns: new Set(['shoe', 'hat']) })
})

test('a second import updates unlinked users only', async () => {
  await importText('id,email,credits\n1,a@example.com,5\n2,b@example.com,5\n3,c@example.com,5\n')
  const { prisma } = app.app.db
  await prisma.user.update({ where: { legacyId: '2' }, data: { clerkId: 'user_b', firstName: 'Bo' } })
  await prisma.user.update({ where: { legacyId: '3' }, data: { standing: 'DELETING' } })
  const text = 'id,email,credits\n1,new@example.com,6\n2,new@example.com,6\n3,new@example.com,6\n'
  expect(await importText(text)).toEqual({
    ...empty,
    updated: 1,
    linked: 1,
    refused: [{ line: 4, refusal: 'the user is being deleted' }],
  })
  expect(await usersInDatabase()).toEqual([
    ['1', 'new@example.com', null, null, 6],
    ['2', 'b@example.com', 'Bo', null, 5],
    ['3', 'c@example.com', null, null, 5],
  ])
})

test('refuses users who were erased', async () => {
  const { db, emails } = app.app.services(users)
  const forgetAt = new Date(app.now.getTime() + 1_000)
  await db.prisma.erasedAddress.create({ data: { addressHash: emails.erasedHashOf('Erased@example.com'), forgetAt } })
  expect(await importText('id,email\n1,erased@example.com\n2,b@example.com\n')).toEqual({
    ...empty,
    created: 1,
    refused: [{ line: 2, refusal: 'a user with this e-mail address was erased' }],
  })
})

describe('refused lines', () => {
  const reasons = async (text: string) => (await importText(text)).refused.map(({ line, refusal }) => [line, refusal])

  test('are reported with a reason and without their values; all others are imported', async () => {
    const long = 'x'.repeat(201)
    const text = [
      'id,email,first_name,last_name,credits',
      ',a@example.com,,,',
      `${long},a@example.com,,,`,
      '3,not an address,,,',
      `4,,${long},${long},`,
      '5,,a\u0007b,,',
      '6,,,,-1',
      '7,,,,1.5',
      '8,,,,2147483648',
      '9,,,,2147483647',
      '10,a@example.com,,',
      '11,,,,,',
      '9,,,,1',
    ].join('\n')
    const credits = 'the credits must be a whole number from 0 to 2147483647'
    const columns = 'it has more or fewer columns than the header'
    expect(await reasons(text)).toEqual([
      [2, 'the legacy id must have 1 to 200 printable characters'],
      [3, 'the legacy id must have 1 to 200 printable characters'],
      [4, 'the e-mail address is invalid'],
      [
        5,
        'the first name must have at most 200 printable characters; the last name must have at most 200 printable characters',
      ],
      [6, 'the first name must have at most 200 printable characters'],
      [7, credits],
      [8, credits],
      [9, credits],
      [11, columns],
      [12, columns],
      [13, 'an earlier line has the same legacy id'],
    ])
    expect(await usersInDatabase()).toEqual([['9', null, null, null, 2_147_483_647]])
  })

  test('are reported for JSON lines too', async () => {
    const half = '{"id":"3","firstName":"\\ud83c"}'
    const text = `{"id":"1"}\n{"id":"2"\n[1]\n\n${half}\n{"id":true}\n{"id":"6","credits":1.5}\n{"email":"a@example.com"}\n`
    expect(await reasons(text)).toEqual([
      [2, 'it is not a JSON object'],
      [3, 'it is not a JSON object'],
      [5, 'the first name must have at most 200 printable characters'],
      [6, 'the legacy id must have 1 to 200 printable characters'],
      [7, 'the credits must be a whole number from 0 to 2147483647'],
      [8, 'the legacy id must have 1 to 200 printable characters'],
    ])
  })

  test('are reported for Latin-1 characters', async () => {
    const text = Buffer.concat([Buffer.from('id,first_name\n1,Ren'), Buffer.from([0xe9]), Buffer.from('\n2,Mina\n')])
    expect(await importText(text)).toMatchObject({ created: 1, refused: [{ line: 2 }] })
  })
})

test.each([
  ['without a header', 'a@example.com,Mina\n', 'The first line must be a header with legacy_id'],
  ['of UTF-16', Buffer.from('\ufeffid\n1\n', 'utf16le'), 'The file is UTF-16. Save it as UTF-8.'],
  ['of one JSON array', '[{"id":"1"}]', 'Write one object on each line instead.'],
  [
    'with a quote that is never closed',
    'id,email\n1,a@example.com\n2,"secret\n3,\n',
    'After line 2 a quoted value is never closed',
  ],
])('refuses a file %s', async (_, text, message) => {
  const error = await importText(text).catch((reason: Error) => reason)
  expect(error).toMatchObject({ name: 'UnreadableFile', message: expect.stringContaining(message) })
  expect(String(error)).not.toMatch(/secret|Mina/)
})

test('imports no users from an empty file', async () => {
  expect(await importText('')).toEqual(empty)
})

test('imports 500 users per statement, and continues a stopped run', async () => {
  const many = ['id,email', ...Array.from({ length: 1_201 }, (_, at) => `${at},p${at}@example.com`)].join('\n')
  app.takeStatements()
  expect(await importText(many, { steps: 2, chunkSize: 1_000 })).toMatchObject({ created: 1_000 })
  expect(app.takeStatements().filter((sql) => sql.includes('INSERT INTO users'))).toHaveLength(2)
  expect(await importText(many, { chunkSize: 1_000 })).toMatchObject({ created: 201, unchanged: 1_000, refused: [] })
})

test('two concurrent imports create each user once', async () => {
  const many = ['id', ...Array.from({ length: 900 }, (_, at) => at)].join('\n')
  const [one, other] = await Promise.all([importText(many, { chunkSize: 500 }), importText(many, { chunkSize: 500 })])
  expect(one.created + other.created).toBe(900)
  expect(await app.app.db.prisma.user.count()).toBe(900)
})
