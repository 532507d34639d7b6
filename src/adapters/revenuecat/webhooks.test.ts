import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { signPurchaseDelivery } from '../../testing/revenuecat-events.ts'
import { createRevenueCatWebhooks } from './webhooks.ts'

const now = new Date('2026-11-21T09:00:00Z')
const json = '{"api_version":"1.0","event":{"id":"1","type":"TEST","event_timestamp_ms":1795251600000}}'
const [secret, otherSecret] = ['first signing secret', 'second signing secret']
const [value, otherValue] = ['Bearer first', 'Bearer second']

interface Change {
  readonly body?: string | Buffer
  readonly signedAt?: Date
  readonly headers?: Readonly<Record<string, string>>
  readonly authorizations?: readonly string[]
  readonly secrets?: readonly string[]
}

/** Verifies a delivery with the Authorization `value`, signed with `secret`, and with the changes. */
function verify(change: Change = {}) {
  const { body = json, signedAt = now, authorizations = [], secrets = [], headers } = change
  return createRevenueCatWebhooks({ authorizations, secrets }).verify({
    body: Buffer.from(body),
    headers: headers ?? {
      authorization: value,
      'x-revenuecat-webhook-signature': signPurchaseDelivery(secret, body, signedAt),
    },
    now,
  })
}
const signedBy = (signature: string) => ({ 'x-revenuecat-webhook-signature': signature })
const secondsFrom = (seconds: number) => new Date(now.getTime() + seconds * 1_000)
const good = expect.objectContaining({ eventId: '1', type: 'TEST' })

describe('the Authorization value', () => {
  const authorizations = [value]

  test('must equal one of the configured values', () => {
    expect(verify({ authorizations })).toEqual(good)
    expect(verify({ authorizations: [otherValue, value] })).toEqual(good)
    expect(verify({ authorizations: [value, otherValue] })).toEqual(good)
  })

  test.each(['', ' ', 'Bearer', 'Bearer firs', 'Bearer first ', 'bearer first', 'first', 'x'.repeat(50_000)])(
    'is refused: "%s"',
    (authorization) => {
      expect(verify({ authorizations, headers: { authorization } })).toBe(401)
    },
  )

  test('is required', () => {
    expect(verify({ authorizations, headers: {} })).toBe(401)
    expect(verify({ authorizations: [otherValue] })).toBe(401)
  })
})

describe('the signature', () => {
  const secrets = [secret]
  const at = Math.floor(now.getTime() / 1_000)
  const hex = createHmac('sha256', secret).update(`${at}.${json}`).digest('hex')

  test('is hex HMAC-SHA256 of the time and the body, in either header', () => {
    // By `printf '%s' "1795251600.$json" | openssl dgst -sha256 -hmac 'first signing secret'`.
    const known = 'a87e850e58280316aafda0f2c14d343716066feb827a9e0da52538dabfdca4f6'
    for (const name of ['x-revenuecat-webhook-signature', 'x-revenuecat-signature']) {
      expect(verify({ secrets, headers: { [name]: `t=1795251600,v1=${known}` } })).toEqual(good)
    }
  })

  test.each<[string, (valid: string) => string]>([
    ['with spaces', (valid) => valid.replace(',', ', ')],
    ['in reverse order', (valid) => valid.split(',').reverse().join(',')],
    ['in upper case', (valid) => valid.replace(hex, hex.toUpperCase())],
    ['with another version', (valid) => `${valid},v2=abc`],
  ])('is accepted %s', (_how, change) => {
    expect(verify({ secrets, headers: signedBy(change(`t=${at},v1=${hex}`)) })).toEqual(good)
  })

  test.each<[string, string]>([
    ['an empty header', ''],
    ['no parts', 'abc'],
    ['only commas', ',,,'],
    ['no time', `v1=${hex}`],
    ['no digest', `t=${at}`],
    ['an empty digest', `t=${at},v1=`],
    ['a short digest', `t=${at},v1=${hex.slice(0, 62)}`],
    ['a missing digit', `t=${at},v1=${hex.slice(0, 63)}`],
    ['a long digest', `t=${at},v1=${hex}00`],
    ['not hex', `t=${at},v1=${'z'.repeat(64)}`],
    ['base64', `t=${at},v1=${Buffer.from(hex, 'hex').toString('base64')}`],
    ['another digest', `t=${at},v1=${'0'.repeat(64)}`],
    ['several digests', `t=${at},v1=${hex},v1=${hex}`],
    ['several times', `t=${at},t=${at},v1=${hex}`],
    ['another version', `t=${at},v0=${hex}`],
    ['another time', `t=${at + 1},v1=${hex}`],
    ['a time with a sign', `t=+${at},v1=${hex}`],
    ['a time that is not a number', `t=now,v1=${hex}`],
    ['a time of 400 digits', `t=${'9'.repeat(400)},v1=${hex}`],
  ])('is refused: %s', (_what, signature) => {
    expect(verify({ secrets, headers: signedBy(signature) })).toBe(401)
  })

  test('is required and must be of these bytes and this secret', () => {
    expect(verify({ secrets, headers: {} })).toBe(401)
    expect(verify({ secrets, body: `${json} `, headers: signedBy(`t=${at},v1=${hex}`) })).toBe(401)
    expect(verify({ secrets: [otherSecret] })).toBe(401)
  })

  test('may be by any of several secrets, for rotation', () => {
    expect(verify({ secrets: [secret, otherSecret] })).toEqual(good)
    expect(verify({ secrets: [otherSecret, secret] })).toEqual(good)
  })

  test.each([
    [-301, 401],
    [-300, good],
    [300, good],
    [301, 401],
  ])('signed %i s from now: %s', (seconds, expected) => {
    expect(verify({ secrets, signedAt: secondsFrom(seconds) })).toEqual(expected)
  })
})

test('requires both if both are configured', () => {
  const both = { authorizations: [value], secrets: [secret] }
  const signature = signedBy(signPurchaseDelivery(secret, json, now))
  expect(verify(both)).toEqual(good)
  expect(verify({ ...both, headers: { authorization: value } })).toBe(401)
  expect(verify({ ...both, headers: signature })).toBe(401)
  expect(verify({ ...both, headers: { ...signature, authorization: otherValue } })).toBe(401)
})

test('refuses everything if nothing is configured', () => {
  expect(createRevenueCatWebhooks({ authorizations: [], secrets: [] }).isConfigured).toBe(false)
  expect(verify()).toBe(401)
  expect(createRevenueCatWebhooks({ authorizations: [value], secrets: [] }).isConfigured).toBe(true)
  expect(createRevenueCatWebhooks({ authorizations: [], secrets: [secret] }).isConfigured).toBe(true)
})

describe('an authentic delivery', () => {
  const authorizations = [value]
  const event = { id: '1', type: 'TEST', event_timestamp_ms: 1_795_251_600_000 }
  const verifyEvent = (changes: object) =>
    verify({ authorizations, body: JSON.stringify({ event: { ...event, ...changes } }) })

  test.each<[string, string | Buffer]>([
    ['an empty body', ''],
    ['invalid JSON', '{"event":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no event', '{"api_version":"1.0"}'],
    ['an event that is a list', '{"event":[]}'],
    ['invalid UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['deep nesting', '['.repeat(200_000)],
  ])('is invalid with %s', (_what, body) => {
    expect(verify({ authorizations, body })).toBe(400)
  })

  test.each([
    { id: undefined },
    { id: null },
    { id: '' },
    { id: '\0' },
    { id: 'x'.repeat(201) },
    { type: undefined },
    { type: 5 },
    { event_timestamp_ms: undefined },
    { event_timestamp_ms: -1 },
    { event_timestamp_ms: 8.64e15 + 1 },
    { event_timestamp_ms: '2026-11-21' },
  ])('is invalid with %j', (changes) => {
    expect(verifyEvent(changes)).toBe(400)
  })

  test('is checked for validity only after authentication', () => {
    expect(verify({ authorizations: [otherValue], body: 'no JSON' })).toBe(401)
  })

  test.each<[object, object]>([
    [{}, { eventId: '1', type: 'TEST', subject: null, contentType: null, sentAt: now }],
    [{ id: 12_345 }, { eventId: '12345' }],
    [{ id: ' a\0b\ud800 ' }, { eventId: 'ab\ufffd' }],
    [{ type: 'x'.repeat(300) }, { type: 'x'.repeat(200) }],
    [{ event_timestamp_ms: 78_789_789_798_798 }, { sentAt: new Date('4466-09-30T20:43:18.798Z') }],
    [{ app_user_id: 'one', original_app_user_id: 'two' }, { subject: 'one' }],
    [{ app_user_id: '$RCAnonymousID:a', aliases: ['$RCAnonymousID:b', 'three'] }, { subject: 'three' }],
    [{ app_user_id: '$RCAnonymousID:a', aliases: [null, 'x'.repeat(1_501)] }, { subject: '$RCAnonymousID:a' }],
    [{ transferred_from: ['loser'], transferred_to: ['winner'] }, { subject: 'winner' }],
  ])('is accepted with %j', (changes, expected) => {
    expect(verifyEvent(changes)).toMatchObject(expected)
  })

  test('is returned with its content type', () => {
    const headers = { authorization: value, 'content-type': 'application/json' }
    expect(verify({ authorizations, headers })).toMatchObject({ contentType: 'application/json' })
  })
})
