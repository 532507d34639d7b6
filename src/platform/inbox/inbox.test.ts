import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { clerkAddresses, clerkUser } from '../../testing/clerk.ts'
import { type ClerkDeliveryInput, deliver, signDelivery } from '../../testing/clerk-webhooks.ts'
import { lockUsers, waitingForLocks } from '../../testing/locks.ts'
import { bodyPlace } from './inbox.ts'

const path = '/webhooks/clerk'
const mib = 1024 * 1024

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())

const rows = (id: string) => app.app.db.prisma.inboxEvent.findMany({ where: { eventId: id } })

/** The event's row and its decrypted body. */
async function stored(id: string) {
  const [row, second] = await rows(id)
  if (!row?.body || second) throw new Error(`The event ${id} was not stored exactly once.`)
  return { row, text: app.app.encryptor.decrypt(row.body, bodyPlace).toString() }
}

/** A JSON object of exactly this many bytes. */
function bodyOf(byteSize: number): string {
  const [begin, end] = ['{"type":"user.grown","data":{"id":"user_big","text":"', '"}}']
  return begin + 'x'.repeat(byteSize - begin.length - end.length) + end
}

describe('a delivery', () => {
  test('is stored byte for byte with its job, and answered with 200', async () => {
    const sentAt = new Date(Math.floor(Date.now() / 1_000) * 1_000)
    const body = '{ "type":"user.created","data":{"id":"user_exact","😀":"\\u00e9é"}, "data2":1e400 }\n'
    const response = await deliver(app, { id: 'msg_exact', body, timestamp: sentAt })
    expect([response.status, await response.json()]).toEqual([200, { received: true }])
    const { row, text } = await stored('msg_exact')
    expect(text).toBe(body)
    expect(row).toMatchObject({
      source: 'clerk',
      type: 'user.created',
      subject: 'user_exact',
      contentType: 'application/json',
      sentAt,
      receivedAt: app.now,
      state: 'PENDING',
      attempts: 0,
      nextAttemptAt: app.now,
      lastError: null,
      processedAt: null,
    })
    expect(await jobs(row.id)).toHaveLength(1)
  })

  test('that is sent 50 times at once has one row, one job and one effect', async () => {
    await using single = await startTestApp()
    const { prisma } = single.app.db
    await single.owner.query(`
      CREATE TABLE effects (clerk_id text);
      CREATE FUNCTION note_effect() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO effects VALUES (NEW.clerk_id); RETURN NEW; END $$;
      CREATE TRIGGER note_effect AFTER INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note_effect()`)
    const delivery = { type: 'user.created', id: 'msg_many', data: clerkUser('user_many') }
    const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(single, delivery)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const [event, ...others] = await prisma.inboxEvent.findMany({ where: { eventId: 'msg_many' } })
    expect(others).toEqual([])
    const id = event?.id ?? ''
    const waiting = await prisma.$queryRaw`SELECT payload FROM graphile_worker._private_jobs`
    expect(waiting).toEqual([{ payload: { id } }])

    await single.runDueJobs()
    expect((await deliver(single, delivery)).status).toBe(200)
    await single.runDueJobs()
    // The queue runs a job at least once, possibly twice at once.
    await Promise.all(Array.from({ length: 5 }, () => single.runJob('inbox.process', { id })))
    expect(await prisma.$queryRaw`SELECT * FROM effects`).toEqual([{ clerk_id: 'user_many' }])
    expect(await prisma.inboxEvent.findUnique({ where: { id } })).toMatchObject({ state: 'PROCESSED', attempts: 1 })
  })

  test('whose job two workers run at once has one effect', async () => {
    const delivery = { type: 'user.created', id: 'msg_two', data: clerkUser('user_two') }
    await deliver(app, delivery)
    const { row } = await stored('msg_two')
    const blocker = await lockUsers(app)
    const attempts = [1, 2].map(() => app.runJob('inbox.process', { id: row.id }))
    await expect.poll(() => waitingForLocks(app)).toBe(2)
    await blocker.end()
    await Promise.all(attempts)
    const after = (await rows('msg_two'))[0]
    expect(after).toMatchObject({ state: 'PROCESSED', attempts: 1, lastError: null, nextAttemptAt: null })
  })

  test('of an unknown type or form is stored and has no effect', async () => {
    const deliveries = [
      { id: 'msg_tomorrow', type: 'passkey.levitated', data: { id: 'pk_1', user_id: 'user_t', depth: [[{}]] } },
      { id: 'msg_typeless', body: '{"something":"else"}' },
      { id: 'msg_odd', body: '{"type":{"not":"a text"},"data":"nor an object"}' },
    ]
    for (const delivery of deliveries) expect((await deliver(app, delivery)).status).toBe(200)
    await app.runDueJobs()
    const states = await Promise.all(deliveries.map(async ({ id }) => (await stored(id)).row.state))
    expect(states).toEqual(['PROCESSED', 'PROCESSED', 'PROCESSED'])
    expect((await stored('msg_tomorrow')).row).toMatchObject({ type: 'passkey.levitated', subject: 'user_t' })
    expect(await app.app.db.prisma.user.count({ where: { clerkId: 'user_t' } })).toBe(0)
  })

  test('has one row per id, even with equal content', async () => {
    const data = clerkUser('user_again')
    for (const id of ['msg_again_1', 'msg_again_2']) await deliver(app, { type: 'user.updated', data, id })
    expect(await app.app.db.prisma.inboxEvent.count({ where: { subject: 'user_again' } })).toBe(2)
  })

  test.each([path, '/api/webhooks/clerk'])('is accepted at %s', async (where) => {
    const id = `msg_at_${where.length}`
    expect((await deliver(app, { type: 'a', id, path: where })).status).toBe(200)
    expect(await rows(id)).toHaveLength(1)
  })

  test.each([undefined, 'text/plain', 'application/json; charset=utf-8'])(
    'may have the content type %s',
    async (type) => {
      const id = `msg_type_${type?.length}`
      // fetch adds a content type to a string body.
      const body = Buffer.from('{"type":"a"}')
      expect((await deliver(app, { id, body, headers: { 'content-type': type } })).status).toBe(200)
      expect((await stored(id)).row.contentType).toBe(type ?? null)
    },
  )

  test('may use the header names of Standard Webhooks', async () => {
    const body = '{"type":"a"}'
    const signed = Object.entries(signDelivery({ body, id: 'msg_named' }))
    const headers = Object.fromEntries(signed.map(([name, value]) => [name.replace('svix', 'webhook'), value]))
    const response = await fetch(app.url + path, { method: 'POST', body, headers })
    expect(response.status).toBe(200)
    expect(await rows('msg_named')).toHaveLength(1)
  })
})

describe('the stored data', () => {
  test('contains no address, no name and no header but id, timestamp and content type', async () => {
    const data = clerkUser('user_hidden', { ...clerkAddresses(['hidden@example.com']), first_name: 'Wilhelmina' })
    const headers = { 'x-forwarded-for': '203.0.113.77', 'user-agent': 'Svix-Webhooks/1.99', cookie: 'a=bcdefg' }
    await deliver(app, { type: 'user.created', id: 'msg_hidden', data, headers })
    const dump = async () => {
      const tables = ['inbox_events', 'users', 'graphile_worker._private_jobs']
      const texts = await Promise.all(
        tables.map((table) => app.app.db.pool.query(`SELECT string_agg(t::text, ' ') AS text FROM ${table} AS t`)),
      )
      return texts.map(({ rows: [row] }) => row.text).join(' ')
    }
    const before = await dump()
    expect(before).toContain('msg_hidden')
    const { row } = await stored('msg_hidden')
    const signature = signDelivery({ body: '{}' })['svix-signature'].slice(0, 3)
    const readable = ['hidden@', 'Wilhelmina', '203.0.113.77', 'Svix-Webhooks', 'bcdefg', signature]
    const forms = readable.flatMap((text) => [text, Buffer.from(text).toString('hex')])
    expect(forms.filter((form) => before.includes(form))).toEqual([])

    await app.runJob('inbox.process', { id: row.id })
    expect((await dump()).includes('hidden@')).toBe(false)
    expect(await app.app.db.prisma.user.count({ where: { clerkId: 'user_hidden', firstName: 'Wilhelmina' } })).toBe(1)
  })
})

describe('an invalid delivery is refused without detail and not stored', () => {
  const body = '{"type":"user.created","data":{"id":"user_forged"}}'
  const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000)
  const stranger = `whsec_${Buffer.from('not the secret of the tests').toString('base64')}`

  test.each<[string, ClerkDeliveryInput]>([
    ['another secret', { body, secret: stranger }],
    ['another body', { body, headers: { 'svix-signature': signDelivery({ body: '{}' })['svix-signature'] } }],
    ['another id', { body, headers: { 'svix-id': 'msg_other' } }],
    ['another time', { body, headers: { 'svix-timestamp': String(Math.floor(Date.now() / 1_000) - 60) } }],
    ['six minutes old', { body, timestamp: minutesAgo(6) }],
    ['of the future', { body, timestamp: minutesAgo(-6) }],
    ['no id', { body, headers: { 'svix-id': undefined } }],
    ['no time', { body, headers: { 'svix-timestamp': undefined } }],
    ['no signature', { body, headers: { 'svix-signature': undefined } }],
    ['a signature of garbage', { body, headers: { 'svix-signature': 'v1 v1, ,, v1,===, v2,a' } }],
    ['signed, but no JSON', { body: 'type=user.created' }],
    ['signed, but a list', { body: `[${body}]` }],
    ['signed, but nothing', { body: '' }],
    [
      'signed, but no UTF-8',
      { body: Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]) },
    ],
  ])('%s', async (_what, delivery) => {
    const before = await app.app.db.prisma.inboxEvent.count()
    const response = await deliver(app, delivery)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      errors: [{ message: 'The webhook request is not valid.', extensions: { code: 'BAD_REQUEST' } }],
    })
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(before)
  })

  test('the same object, serialized differently by an intermediary', async () => {
    const sent = `{ "type": "user.created" }`
    const headers = { 'content-type': 'application/json', ...signDelivery({ body: sent }) }
    const rewritten = JSON.stringify(JSON.parse(sent))
    expect((await fetch(app.url + path, { method: 'POST', headers, body: rewritten })).status).toBe(400)
    expect((await fetch(app.url + path, { method: 'POST', headers, body: sent })).status).toBe(200)
  })
})

describe('the body', () => {
  test('may have at most 1 MiB', async () => {
    expect((await deliver(app, { id: 'msg_large', body: bodyOf(mib) })).status).toBe(200)
    expect((await stored('msg_large')).text).toBe(bodyOf(mib))
    const response = await deliver(app, { id: 'msg_larger', body: bodyOf(mib + 1) })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] })
    expect(await rows('msg_larger')).toEqual([])
  })

  test('is counted while it is received, without a Content-Length', async () => {
    const chunked = (body: string, id: string) =>
      fetch(app.url + path, {
        method: 'POST',
        headers: signDelivery({ body, id }),
        body: new Blob([body]).stream(),
        duplex: 'half',
      } as RequestInit)
    expect((await chunked(bodyOf(mib), 'msg_chunked')).status).toBe(200)
    expect((await stored('msg_chunked')).row.contentType).toBeNull()

    // The body does not end: the answer is sent at the limit.
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    const signed = Object.entries(signDelivery({ body: 'another' })).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${signed.join('')}Transfer-Encoding: chunked\r\n\r\n`)
    socket.write(`${(mib + 1).toString(16)}\r\n${'x'.repeat(mib + 1)}\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  test('is refused by its Content-Length, before it is sent', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${mib + 1}\r\n\r\n`)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
  })

  test('is not stored if the client disconnects, and the server continues', async () => {
    const before = await app.app.db.prisma.inboxEvent.count()
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"type"`, () =>
      socket.destroy(),
    )
    await once(socket, 'close')
    expect((await deliver(app, { type: 'a' })).status).toBe(200)
    expect(await app.app.db.prisma.inboxEvent.count()).toBe(before + 1)
  })
})

describe('the address', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])('refuses %s', async (method) => {
    const response = await fetch(app.url + path, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('answers 503 without a configured secret, and stores nothing', async () => {
    const config = { clerkWebhookSecrets: [] }
    await using closed = await startTestApp({ databaseUrl: app.databaseUrl, config })
    const response = await deliver(closed, { type: 'user.created', id: 'msg_closed' })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_CONFIGURED' } }] })
    expect(await rows('msg_closed')).toEqual([])
  })

  test('accepts both secrets during a rotation', async () => {
    const [old] = app.app.config.clerkWebhookSecrets
    const secret = `whsec_${Buffer.from('the secret that comes next').toString('base64')}`
    const config = { clerkWebhookSecrets: [secret, old ?? ''] }
    await using rotating = await startTestApp({ databaseUrl: app.databaseUrl, config })
    expect((await deliver(rotating, { type: 'a', secret })).status).toBe(200)
    expect((await deliver(rotating, { type: 'a' })).status).toBe(200)
    expect((await deliver(app, { type: 'a', secret })).status).toBe(400)
  })
})

function jobs(id: string) {
  return app.app.db.prisma.$queryRaw<unknown[]>`
    SELECT id FROM graphile_worker._private_jobs WHERE payload->>'id' = ${id}`
}
