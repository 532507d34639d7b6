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

/** Verifies a delivery that was signed with `secret` and then changed. */
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

const signed = (signature: (valid: string) => string) => (headers: Headers) => ({
  ...headers,
  'svix-signature': signature(headers['svix-signature'] ?? ''),
})

test('returns the event, its subject and its time', () => {
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

  test.each<[string, (valid: string) => string]>([
    ['before others', (valid) => `${valid} ${wrong}`],
    ['after others', (valid) => `${wrong} ${wrong} ${valid}`],
    ['after one of another version', (valid) => `v2,abc v1a,abc ${valid}`],
    ['after malformed ones', (valid) => `v1 v1, , ,v1 v1,, \t= v1,é ${valid}`],
  ])('is accepted %s', (_where, signature) => {
    expect(verify({ headers: signed(signature) })).toMatchObject({ eventId: 'msg_1' })
  })

  test.each<[string, (valid: string) => string]>([
    ['an empty header', () => ''],
    ['a space', () => ' '],
    ['only a version', () => 'v1'],
    ['an empty signature', () => 'v1,'],
    ['another version', (valid) => valid.replace('v1,', 'v2,')],
    ['no version', (valid) => valid.slice(3)],
    ['a truncated signature', (valid) => valid.slice(0, -1)],
    ['a longer signature', (valid) => `${valid}=`],
    ['a signature in lower case', (valid) => valid.toLowerCase()],
    ['base64url', (valid) => valid.replace('=', '').replaceAll('+', '-').replaceAll('/', '_')],
    ['many wrong signatures', () => Array.from({ length: 500 }, () => wrong).join(' ')],
    [
      'a signature by another secret',
      () => signDelivery({ body: json, id: 'msg_1', timestamp: now, secret: other })['svix-signature'],
    ],
  ])('is refused: %s', (_what, signature) => {
    expect(verify({ headers: signed(signature) })).toBeNull()
  })

  test('may be by any of several secrets, for rotation', () => {
    expect(verify({}, [other, secret])).not.toBeNull()
    expect(verify({}, [secret, other])).not.toBeNull()
    expect(verify({}, [other])).toBeNull()
  })

  test('is refused without a configured secret', () => {
    expect(createClerkWebhooks({ secrets: [] }).isConfigured).toBe(false)
    expect(verify({}, [])).toBeNull()
  })

  test.each<[string, string | Buffer]>([
    ['an additional byte', `${json} `],
    ['a missing byte', json.slice(0, -1)],
    ['the same object in another format', JSON.stringify(JSON.parse(json), null, 2)],
    ['a byte order mark', `\ufeff${json}`],
    ['an empty body', ''],
  ])('is refused for another body: %s', (_what, sent) => {
    expect(verify({ sent })).toBeNull()
  })

  test('is refused for another id or another time', () => {
    expect(verify({ headers: (headers) => ({ ...headers, 'svix-id': 'msg_2' }) })).toBeNull()
    const later = String(now.getTime() / 1_000 + 1)
    expect(verify({ headers: (headers) => ({ ...headers, 'svix-timestamp': later }) })).toBeNull()
  })
})

describe('the headers', () => {
  test('may have the names of Standard Webhooks', () => {
    const renamed = (headers: Headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.replace('svix', 'webhook'), value]))
    expect(verify({ headers: renamed })).toMatchObject({ eventId: 'msg_1' })
  })

  test.each(['svix-id', 'svix-timestamp', 'svix-signature'])('%s is required', (name) => {
    expect(verify({ headers: (headers) => ({ ...headers, [name]: undefined }) })).toBeNull()
    expect(verify({ headers: (headers) => ({ ...headers, [name]: '' }) })).toBeNull()
  })

  test.each([
    ['longer than 200 characters', 'm'.repeat(201)],
    ['repeated', 'msg_1, msg_1'],
    ['not ASCII', 'msg_é'],
  ])('an id is refused if it is %s', (_what, id) => {
    const valid = { ...signDelivery({ body: json, id, timestamp: now, secret }) }
    expect(createClerkWebhooks({ secrets: [secret] }).verify({ body: Buffer.from(json), headers: valid })).toBeNull()
  })

  test.each(['1e9', '0x10', ' 1795251600', '1795251600.0', '-1795251600', '1795251600000000', 'now'])(
    'a timestamp must be seconds in digits: %s is refused',
    (text) => {
      expect(verify({ headers: (headers) => ({ ...headers, 'svix-timestamp': text }) })).toBeNull()
    },
  )
})

describe('the timestamp', () => {
  const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1_000)

  test.each([-300, -1, 0, 1, 300])('may differ by up to five minutes: %i s', (seconds) => {
    expect(verify({ timestamp: inSeconds(seconds) })).toMatchObject({ sentAt: inSeconds(seconds) })
  })

  test.each([-86_400, -301, 301, 86_400])('may not differ by more: %i s', (seconds) => {
    expect(verify({ timestamp: inSeconds(seconds) })).toBeNull()
  })
})

describe('the body', () => {
  test.each([
    ['empty', ''],
    ['invalid JSON', '{'],
    ['a list', '[{"type":"user.created"}]'],
    ['null', 'null'],
    ['a string', '"user.created"'],
    ['a number', '1'],
    ['two objects', '{}{}'],
    ['an object after a byte order mark', '\ufeff{}'],
  ])('must be one JSON object: %s is refused', (_what, body) => {
    expect(verify({ body })).toBeNull()
  })

  test('must be UTF-8', () => {
    const [begin, end] = [Buffer.from('{"type":"a'), Buffer.from('"}')]
    // Svix signs the decoded text, in which each invalid byte is a replacement character.
    const body = Buffer.concat([begin, Buffer.from([0xff]), end])
    expect(verify({ body, sent: body })).toBeNull()
    expect(verify({ body: Buffer.concat([begin, Buffer.from('ÿ'), end]) })).not.toBeNull()
  })

  test.each<[string, unknown, unknown]>([
    ['unknown', { type: 'a.future.type' }, { type: 'a.future.type' }],
    ['missing', {}, { type: '', subject: null }],
    ['a number', { type: 7 }, { type: '' }],
    ['longer than 200 characters', { type: 'a'.repeat(300) }, { type: 'a'.repeat(200) }],
    ['with characters that Postgres refuses', { type: 'a\0b\ud800' }, { type: 'ab\ufffd' }],
  ])('may have a type that is %s', (_what, body, expected) => {
    expect(verify({ body: JSON.stringify(body) })).toMatchObject(expected as object)
  })

  test.each<[string, string, unknown, string | null]>([
    ['a user event by its id', 'user.updated', { id: 'user_1', user_id: 'user_2' }, 'user_1'],
    ['a session event by user_id', 'session.created', { id: 'sess_1', user_id: 'user_2' }, 'user_2'],
    [
      'a membership event by public_user_data',
      'organizationMembership.created',
      { public_user_data: { user_id: 'user_3' } },
      'user_3',
    ],
    ['no user in other events', 'role.created', { id: 'role_1' }, null],
    ['no user in a deletion without an id', 'user.deleted', { deleted: true }, null],
    ['no user for an invalid id', 'user.created', { id: 'user 1\0' }, null],
    ['no user for null data', 'user.created', null, null],
  ])('names %s', (_what, type, data, subject) => {
    expect(verify({ body: JSON.stringify({ type, data }) })).toMatchObject({ subject })
  })
})
