import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { signDelivery } from '../../testing/clerk-webhooks.ts'
import { createClerkWebhooks } from './webhooks.ts'

const secretOf = (text: string) => `whsec_${Buffer.from(text.padEnd(24)).toString('base64')}`
const secret = secretOf('first')
const other = secretOf('second')
const now = new Date('2026-11-21T09:00:00Z')
const json = '{"data":{"id":"user_1"},"object":"event","type":"user.created"}'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now })
})
afterEach(() => {
  vi.useRealTimers()
})

type Headers = Record<string, string | undefined>

/** What a verifier with these secrets says of a delivery that `secret` has signed, but for what is changed. */
function verify(
  change: {
    body?: string | Buffer
    sent?: string | Buffer
    timestamp?: Date
    headers?: (signed: Headers) => Headers
  } = {},
  secrets = [secret],
) {
  const { body = json, timestamp = now, headers = (signed: Headers) => signed } = change
  const signed = signDelivery({ body, id: 'msg_1', timestamp, secret })
  const sent = Buffer.from(change.sent ?? body)
  return createClerkWebhooks({ secrets }).verify({ body: sent, headers: headers(signed) })
}

const signed = (signature: (fitting: string) => string) => (headers: Headers) => ({
  ...headers,
  'svix-signature': signature(headers['svix-signature'] ?? ''),
})

test('says what a delivery is about', () => {
  expect(verify({ headers: (headers) => ({ ...headers, 'content-type': 'application/json; charset=utf-8' }) })).toEqual(
    {
      eventId: 'msg_1',
      type: 'user.created',
      subject: 'user_1',
      contentType: 'application/json; charset=utf-8',
      sentAt: now,
    },
  )
})

describe('the signature', () => {
  const wrong = `v1,${Buffer.alloc(32).toString('base64')}`

  test.each<[string, (fitting: string) => string]>([
    ['before others', (fitting) => `${fitting} ${wrong}`],
    ['behind others', (fitting) => `${wrong} ${wrong} ${fitting}`],
    ['behind one of another version', (fitting) => `v2,abc v1a,abc ${fitting}`],
    ['behind garbage', (fitting) => `v1 v1, , ,v1 v1,, \t= v1,é ${fitting}`],
  ])('fits %s', (_where, signature) => {
    expect(verify({ headers: signed(signature) })).toMatchObject({ eventId: 'msg_1' })
  })

  test.each<[string, (fitting: string) => string]>([
    ['empty', () => ''],
    ['a space', () => ' '],
    ['only its version', () => 'v1'],
    ['an empty one', () => 'v1,'],
    ['of another version', (fitting) => fitting.replace('v1,', 'v2,')],
    ['without a version', (fitting) => fitting.slice(3)],
    ['cut off', (fitting) => fitting.slice(0, -1)],
    ['longer', (fitting) => `${fitting}=`],
    ['in other letters', (fitting) => fitting.toLowerCase()],
    ['base64url', (fitting) => fitting.replace('=', '').replaceAll('+', '-').replaceAll('/', '_')],
    ['many', () => Array.from({ length: 500 }, () => wrong).join(' ')],
    ['a stranger’s', () => signDelivery({ body: json, id: 'msg_1', timestamp: now, secret: other })['svix-signature']],
  ])('does not fit: %s', (_what, signature) => {
    expect(verify({ headers: signed(signature) })).toBeNull()
  })

  test('fits one of several secrets, while one replaces the other', () => {
    expect(verify({}, [other, secret])).not.toBeNull()
    expect(verify({}, [secret, other])).not.toBeNull()
    expect(verify({}, [other])).toBeNull()
  })

  test('fits nothing where there is no secret', () => {
    expect(createClerkWebhooks({ secrets: [] }).isConfigured).toBe(false)
    expect(verify({}, [])).toBeNull()
  })

  test.each<[string, string | Buffer]>([
    ['a byte more', `${json} `],
    ['a byte less', json.slice(0, -1)],
    ['the same object, written otherwise', JSON.stringify(JSON.parse(json), null, 2)],
    ['with a byte order mark', `\ufeff${json}`],
    ['nothing', ''],
  ])('does not fit another body: %s', (_what, sent) => {
    expect(verify({ sent })).toBeNull()
  })

  test('does not fit another id or another time', () => {
    expect(verify({ headers: (headers) => ({ ...headers, 'svix-id': 'msg_2' }) })).toBeNull()
    const later = String(now.getTime() / 1_000 + 1)
    expect(verify({ headers: (headers) => ({ ...headers, 'svix-timestamp': later }) })).toBeNull()
  })
})

describe('the headers', () => {
  test('may have the names of standard webhooks', () => {
    const renamed = (headers: Headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace('svix', 'webhook'), value]))
    expect(verify({ headers: renamed })).toMatchObject({ eventId: 'msg_1' })
  })

  test.each(['svix-id', 'svix-timestamp', 'svix-signature'])('must be there: %s', (name) => {
    expect(verify({ headers: (headers) => ({ ...headers, [name]: undefined }) })).toBeNull()
    expect(verify({ headers: (headers) => ({ ...headers, [name]: '' }) })).toBeNull()
  })

  test.each([
    ['long', 'm'.repeat(201)],
    ['of two', 'msg_1, msg_1'],
    ['of another script', 'msg_é'],
  ])('an id is not taken when it is %s', (_what, id) => {
    const fitting = { ...signDelivery({ body: json, id, timestamp: now, secret }) }
    expect(createClerkWebhooks({ secrets: [secret] }).verify({ body: Buffer.from(json), headers: fitting })).toBeNull()
  })

  test.each(['1e9', '0x10', ' 1795251600', '1795251600.0', '-1795251600', '1795251600000000', 'now'])(
    'a time is seconds in digits: %s is not taken',
    (text) => {
      expect(verify({ headers: (headers) => ({ ...headers, 'svix-timestamp': text }) })).toBeNull()
    },
  )
})

describe('the time', () => {
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1_000)

  test.each([-300, -1, 0, 1, 300])('may differ by five minutes: %i s', (seconds) => {
    expect(verify({ timestamp: inSeconds(seconds) })).toMatchObject({ sentAt: inSeconds(seconds) })
  })

  test.each([-86_400, -301, 301, 86_400])('may not differ by more: %i s', (seconds) => {
    expect(verify({ timestamp: inSeconds(seconds) })).toBeNull()
  })
})

describe('the body', () => {
  test.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['a list', '[{"type":"user.created"}]'],
    ['null', 'null'],
    ['a text', '"user.created"'],
    ['a number', '1'],
    ['two objects', '{}{}'],
    ['an object behind a byte order mark', '\ufeff{}'],
  ])('is one JSON object, and not %s', (_what, body) => {
    expect(verify({ body })).toBeNull()
  })

  test('is UTF-8', () => {
    const [begin, end] = [Buffer.from('{"type":"a'), Buffer.from('"}')]
    // Svix signs the text that it reads, in which each broken byte is the sign for one.
    const body = Buffer.concat([begin, Buffer.from([0xff]), end])
    expect(verify({ body, sent: body })).toBeNull()
    expect(verify({ body: Buffer.concat([begin, Buffer.from('ÿ'), end]) })).not.toBeNull()
  })

  test.each<[string, unknown, unknown]>([
    ['of any name', { type: 'a.type of tomorrow' }, { type: 'a.type of tomorrow' }],
    ['missing', {}, { type: '', subject: null }],
    ['no text', { type: 7 }, { type: '' }],
    ['long', { type: 'a'.repeat(300) }, { type: 'a'.repeat(200) }],
    ['with what no database takes', { type: 'a\0b\ud800' }, { type: 'ab\ufffd' }],
  ])('has a type %s', (_what, body, expected) => {
    expect(verify({ body: JSON.stringify(body) })).toMatchObject(expected as object)
  })

  test.each<[string, string, unknown, string | null]>([
    ['a person is the data itself', 'user.updated', { id: 'user_1', user_id: 'user_2' }, 'user_1'],
    ['a session points at one', 'session.created', { id: 'sess_1', user_id: 'user_2' }, 'user_2'],
    ['a membership too', 'organizationMembership.created', { public_user_data: { user_id: 'user_3' } }, 'user_3'],
    ['others are about nobody', 'role.created', { id: 'role_1' }, null],
    ['a deletion without an id', 'user.deleted', { deleted: true }, null],
    ['an id that is none', 'user.created', { id: 'user 1\0' }, null],
    ['data that are none', 'user.created', null, null],
  ])('names its person: %s', (_what, type, data, subject) => {
    expect(verify({ body: JSON.stringify({ type, data }) })).toMatchObject({ subject })
  })
})
