import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maskLine } from './mask.ts'

const maskedOf = (value: unknown): unknown => JSON.parse(maskLine(JSON.stringify(value)))
const textOf = (text: string) => (maskedOf({ msg: text }) as { msg: string }).msg

describe('in a text', () => {
  test.each([
    ['an address', 'sent to jane@example.com, twice', 'sent to [masked], twice'],
    ['an address in brackets', 'Jane <jane@example.com>', 'Jane <[masked]>'],
    ['an address as Node prints it', "{ to: 'jane@example.com' }", "{ to: '[masked]' }"],
    ['an address of a scheme', 'mailto:jane@example.com', 'mailto:[masked]'],
    ['an address with signs', "o'hara+a/b=c@example.co.uk", '[masked]'],
    ['an address with quotes', '"jane doe"@example.com', '[masked]'],
    ['an address of another script', '用户@例子.广告 क@उदाहरण.भारत', '[masked] [masked]'],
    ['an address of two scripts', 'jane@bücher.example', '[masked]'],
    ['an address in Punycode', 'jane@xn--bcher-kva.xn--p1ai', '[masked]'],
    ['an address with a wide sign', 'jane＠example。com', '[masked]'],
    ['an address at a number', 'jane@[192.168.0.1]', '[masked][192.168.0.1]'],
    ['an address in a parameter', 'GET /users?email=jane%40example.com&page=2', 'GET /users?email=[masked]'],
    ['an address in a parameter of another name', '?a=1&to=jane%2540example%2Ecom', '[masked]'],
    ['an address with escapes', 'jane\\u0040example.com jane\\x40example.com', '[masked] [masked]'],
    ['an address in HTML', 'jane&#64;example.com jane&#x40;example.com', '[masked] [masked]'],
    ['an address in Base64', btoa('jane@example.com'), '[masked]'],
    ['an address in hexadecimal', Buffer.from('jane@example.com').toString('hex'), '[masked]'],
    ['a JWT', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln.', 'got [masked]'],
    ['a JWT right after a word', 'nTokeneyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln', 'nToken[masked]'],
    ['a bearer', 'sent Bearer topsecret, refused', 'sent Bearer [masked], refused'],
    ['a name with its password', `sent Basic ${btoa('jane:hunter2')}`, 'sent Basic [masked]'],
    ['a key of Clerk', 'sk_test_AbCd1234 sk_live_AbCd1234', '[masked] [masked]'],
    ['a key of RevenueCat', 'sk_AbCdEfGh', '[masked]'],
    ['a key of Svix', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD', '[masked]'],
    [
      'a signature of Svix',
      'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= v1a,hnO3f9T8Ytu9HwrXslvumlUp',
      'v1,[masked] v1a,[masked]',
    ],
    ['a signature of RevenueCat', `t=1700000000,v1=${'5257a869'.repeat(8)}`, 't=1700000000,v1=[masked]'],
    [
      'a signed address',
      'https://r2.example/k?x=1&X-Amz-Signature=ab&y=2 failed',
      'https://r2.example/k?[masked] failed',
    ],
    [
      'the address of a database',
      'postgres://jane:p/w@db.example/pacer?a=b',
      'postgres://[masked]@db.example/pacer?a=b',
    ],
    ['a name in an address', 'https://jane:pw@example.com/a/@b/c', 'https://[masked]@example.com/a/@b/c'],
    ['a header', 'Cookie: a=b; c="d"\r\nHost: x', 'Cookie: [masked]\r\nHost: x'],
    ['a field', 'password=hunter2 next', 'password=[masked] next'],
    ['a field in JSON', '{"password":"hun\\"ter2","a":1}', '{"password":"[masked]","a":1}'],
    [
      'a field in JSON in JSON',
      '{\\"password\\":\\"hunter2\\",\\"a\\":1}',
      '{\\"password\\":\\"[masked]\\",\\"a\\":1}',
    ],
    ['a field of more than one', '{"secret":{"a":"b"}}', '{"secret":[masked]'],
    ['a field as Node prints it', "{ apiKey: 'hunter2', a: 1 }", "{ apiKey: '[masked]', a: 1 }"],
    ['a field of a map', "Map(1) { 'x-api-key' => 'hunter2' }", "Map(1) { 'x-api-key' => '[masked]' }"],
    ['a field of a list', "[ 'authorization', 'hunter2' ]", "[ 'authorization', '[masked]' ]"],
    ['an element', '<Token>hunter2</Token>', '<Token>[masked]'],
    ['bytes as Node prints them', `<Buffer ${'6a '.repeat(40)}... 3 more bytes>`, '<Buffer>'],
    ['bytes in a list', `[${[...Buffer.from('jane@example.com')].join(', ')}]`, '[[masked]]'],
  ])('%s is masked', (_about, text, shown) => {
    expect(textOf(text)).toBe(shown)
  })

  test.each([
    'the token has expired; no password was given, the signature does not fit',
    '0192f0c0-1111-7000-8000-000000000000',
    'Page-7_a',
    'user_2abcDEFghiJKLmnoPQR org_2abc sess_2abc',
    btoa('User:0192f0c0-1111-7000-8000-000000000000'),
    'eyJpZCI6IjAxOTJmMGMwIn0=',
    'uploads/0192f0c0/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.mp4',
    'file:///srv/node_modules/@pothos/core/esm/index.js:1:2',
    'at read (/srv/node_modules/.pnpm/graphql-yoga@5.24.1_graphql@17.1.0/keyJobs.test.ts:12:5)',
    'at verifyToken (file:///srv/src/adapters/clerk/verify-session-token.ts:12:5)',
    'the Basic plan, the Bearer of news: 5 of 10, 20, 30, 40, 50, 60, 70',
    'task_identifier disk_usage_total INVALID_TOKEN 2026-01-01T00:00:00.000Z 127.0.0.1:4000 5 @ 3 %41 100%',
    'https://api.example/graphql?query=%7Bme%7Bid%7D%7D&after=abc',
    'postgres://db.example:5432/pacer',
  ])('is unchanged without a secret: %s', (text) => {
    expect(textOf(text).replace('Bearer [masked]', 'Bearer of')).toBe(text)
  })
})

describe('in a field', () => {
  test.each([
    ...['authorization', 'Cookie', 'set-cookie', 'password', 'clientSecret', 'access_token', 'apiKey', 'x-api-key'],
    ...['signature', 'svix-signature', 'webhook-signature', 'x-revenuecat-webhook-signature', 'email', 'primaryEmail'],
    ...['X-Amz-Credential', 'CLERK_SECRET_KEY', 'privateKey', 'e-mail'],
  ])('%s: any value is masked', (name) => {
    for (const value of ['hunter2', 7, ['hunter2'], { a: { b: 'hunter2' } }]) {
      expect(maskedOf({ a: [{ [name]: value, b: 1 }] })).toEqual({ a: [{ [name]: '[masked]', b: 1 }] })
    }
    expect(maskedOf({ [name]: null })).toEqual({ [name]: null })
    expect(maskedOf({ [name]: true })).toEqual({ [name]: true })
  })

  test('its name is masked too', () => {
    expect(maskedOf({ 'jane@example.com': { count: 1 } })).toEqual({ '[masked]': { count: 1 } })
  })

  test('of a field that is written twice, as a child logger does, both are masked', () => {
    expect(maskLine('{"a":"jane@example.com","a":"x"}\n')).toBe('{"a":"x"}\n')
  })

  test('headers are masked in each of their forms', () => {
    const headers = ['Authorization', 'hunter2', 'Host', 'a.example']
    expect(maskedOf({ headers })).toEqual({ headers: ['Authorization', '[masked]', 'Host', 'a.example'] })
    expect(maskedOf([['cookie', 'hunter2']])).toEqual([['cookie', '[masked]']])
    expect(maskedOf({ name: 'cookie', value: 'hunter2' })).toEqual({ name: 'cookie', value: '[masked]' })
  })

  test('bytes are masked', () => {
    const bytes = Buffer.from('jane@example.com')
    expect(maskedOf({ bytes })).toEqual({ bytes: '[16 bytes]' })
    expect(maskedOf({ bytes: Buffer.from('anything') })).toEqual({ bytes: '[8 bytes]' })
    expect(maskedOf({ bytes: new Uint8Array(bytes) })).toEqual({ bytes: '[16 bytes]' })
    expect(maskedOf({ bytes: [...bytes] })).toEqual({ bytes: '[16 bytes]' })
  })

  test('a line without a secret is unchanged', () => {
    const line = {
      level: 'info',
      severity: 'INFO',
      time: '2026-01-01T00:00:00.000Z',
      requestId: '0192f0c0-1111-7000-8000-000000000000',
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      operation: 'RefreshToken',
      codes: ['INVALID_TOKEN', 'NOT_FOUND'],
      rates: [120, 121, 122, 123, 124, 125, 126],
      by: { '0': 1, '1': null },
      __proto__: { a: 1.5e300, b: -0.25, c: [true, null, {}] },
      msg: 'request',
    }
    const text = `${JSON.stringify(line)}\n`
    expect(maskLine(text)).toBe(text)
  })
})

describe('for any line', () => {
  const secretive = fc.constantFrom(
    ...['jane@example.com', 'password=', 'token: "', 'Bearer ', 'eyJhbGciOiJIUzI1NiJ9.e30.c2ln', '?a=1&Signature=b'],
    ...[
      'postgres://a:b@',
      '%40',
      '\\u0040',
      '[masked]',
      '"',
      "'",
      '\\',
      '[',
      '{',
      ' ',
      '@',
      '.com',
      'v1,',
      'sk_test_a',
    ],
    ...['cookie', ': ', '=>', '\n', '106,97,110,101,64,97,46,98,99', btoa('jane@example.com'), '&#64;', '://', '/'],
  )
  const text = fc.array(fc.oneof(secretive, fc.string({ unit: 'grapheme', maxLength: 5 })), { maxLength: 8 })
  const texts = text.map((parts) => parts.join(''))
  const { line } = fc.letrec<{ line: object; value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      texts,
      fc.jsonValue({ maxDepth: 1 }),
      tie('line'),
      fc.array(tie('value'), { maxLength: 4 }),
    ),
    line: fc.dictionary(fc.oneof(texts, fc.constantFrom('email', 'name', 'value', 'type', '__proto__')), tie('value'), {
      maxKeys: 4,
    }),
  }))

  test('the result is JSON, and masking it again changes nothing', () => {
    fc.assert(
      fc.property(line, (value) => {
        const once = maskLine(JSON.stringify(value))
        expect(JSON.parse(once)).toBeTypeOf('object')
        expect(maskLine(once)).toBe(once)
      }),
      { numRuns: 2_000 },
    )
  })

  test('an address is masked, whatever surrounds it', () => {
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        expect(textOf(`${before} jane.doe@example.com ${after}`)).not.toContain('jane.doe')
      }),
      { numRuns: 2_000 },
    )
  })

  test('a line that is not JSON is left out', () => {
    expect(JSON.parse(maskLine('jane@example.com\n'))).toMatchObject({
      level: 'error',
      severity: 'ERROR',
      msg: expect.any(String),
    })
    expect(maskLine('{"a":"jane@example.com"')).not.toContain('jane')
  })

  test('a line that is nested too deeply to be serialised is cut', () => {
    const deep = maskLine(`${'{"a":['.repeat(20_000)}"jane@example.com"${']}'.repeat(20_000)}`)
    expect(deep).toContain('[too deep]')
    expect(deep).not.toContain('jane')
  })

  // A rule of quadratic time would take 4e10 steps for these, and the test would time out.
  test.each([
    ...[
      'a',
      '@',
      'a@a.',
      'eyJ',
      '-eyJ',
      '.',
      'token',
      'password:',
      '"',
      '\\"',
      '\\',
      '://',
      '?a&',
      '?sig',
      '%40',
      '1,',
    ],
    ...[
      '"0":1,',
      '<Buffer ',
      'Bearer ',
      'v1,',
      'sk_',
      ' ',
      '\n',
      '。',
      'x"@',
      'cookie ',
      '&#64;',
      '{',
      "'",
      'a/',
      '-',
      '=',
    ],
  ])('200,000 characters of %j take linear time', (piece) => {
    expect(maskLine(JSON.stringify({ msg: piece.repeat(200_000 / piece.length) }))).toMatch(/^\{"msg":"/)
  })
})
