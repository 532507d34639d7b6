import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { type CurrentRequest, currentRequest } from './current-request.ts'
import { createLog } from './log.ts'

/** What a program writes whose log gets these calls: `info(...)`, `warn(...)`. */
async function written(calls: string, { level = 'info', pretty = false } = {}): Promise<string> {
  const module = fileURLToPath(new URL('./log.ts', import.meta.url))
  const script = `import { createLog } from ${JSON.stringify(module)}
    import { inspect } from 'node:util'
    const log = createLog({ level: '${level}', pretty: ${pretty} })
    ${calls}
    log.flush()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  return stdout
}

const linesOf = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>)

test('a line is JSON with the time in ISO 8601, the level and the words, and nothing of the machine', async () => {
  const [line] = linesOf(await written(`log.info({ job: 'a' }, 'job done')`))
  expect(line).toEqual({
    level: 30,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    job: 'a',
    msg: 'job done',
  })
})

test('what is below the level is not written', async () => {
  expect(linesOf(await written(`log.info('a'); log.warn('b')`, { level: 'warn' }))).toMatchObject([{ msg: 'b' }])
})

test('on a terminal it is readable', async () => {
  const text = await written(`log.info({ job: 'a' }, 'job done')`, { pretty: true })
  expect(text).toMatch(/\[\d\d:\d\d:\d\d\] .*INFO.*: .*job done/)
})

test('an error is written with its stack and its cause', async () => {
  const [line] = linesOf(await written(`log.error(new Error('no answer', { cause: new Error('refused') }))`))
  expect(line).toMatchObject({
    msg: 'no answer',
    err: { message: 'no answer: refused', stack: expect.stringMatching(/no answer\n +at .*caused by: .*refused\n/s) },
  })
})

test('a line names the request on whose way it is logged, until that is answered', () => {
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line) => void lines.push(line) } })
  const request: CurrentRequest = { id: 'Page-7', codes: new Set(), isAnswered: false }
  currentRequest.run(request, () => {
    log.info('on the way')
    log.child({ job: 'a' }).info({ requestId: 'Page-8' }, 'of another')
    request.isAnswered = true
    log.info('later')
  })
  log.info('outside')
  expect(lines.map((line) => JSON.parse(line)).map(({ msg, requestId }) => [msg, requestId])).toEqual([
    ['on the way', 'Page-7'],
    ['of another', 'Page-8'],
    ['later', undefined],
    ['outside', undefined],
  ])
})

/** What nobody may find in a log, with what of it is looked for. */
const canaries: Record<string, readonly string[]> = {
  'canary.bird@example.com': ['canary.bird'],
  "o'canary+bird@mail.example.co.uk": ['canary+bird'],
  'kanarienvögel@bücher.example': ['kanarienvögel', 'kanarienv'],
  'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5LXNpZ25hdHVyZQ': ['eyJhbGci', 'eyJzdWIi', 'Y2FuYXJ5'],
  'Bearer canary-opaque-session': ['canary-opaque'],
  'Basic Y2FuYXJ5OmNhbmFyeQ==': ['Y2FuYXJ5'],
  sk_test_CanaryCanaryCanary: ['CanaryCanary'],
  sk_CanaryCanaryRevenue: ['CanaryCanary'],
  whsec_Q2FuYXJ5Q2FuYXJ5Q2FuYXJ5: ['Q2FuYXJ5'],
  'v1,Q2FuYXJ5c2lnbmF0dXJlQ2FuYXJ5c2lnbmF0dXJlMTI=': ['Q2FuYXJ5'],
  't=1700000000,v1=ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a12ca7a': ['ca7a12'],
  'https://acc.r2.example/b/k.mp4?X-Amz-Credential=CANARYID%2Fauto&X-Amz-Date=2&X-Amz-Signature=c0ffeecanary': [
    'CANARYID',
    'c0ffeecanary',
  ],
  'postgres://pacer:canary/word@db.example:5432/pacer': ['canary/word', 'canary'],
}

/** Every way of writing that we could think of; `c` is the canary. */
const ways = [
  'log.info(c)',
  'log.info("before " + c + " after")',
  'log.info("(" + c + "),")',
  'log.info("of %s", c)',
  'log.info("of %o and %j", c, { deep: [c] })',
  'log.info("%s", inspect({ a: c, map: new Map([["a", c]]), bytes: Buffer.from(c) }))',
  'log.info(JSON.stringify({ a: c }))',
  'log.info(JSON.stringify({ a: JSON.stringify({ a: c }) }))',
  'log.info(JSON.stringify(Buffer.from(c)))',
  'log.info(encodeURIComponent(c))',
  'log.info(encodeURIComponent(encodeURIComponent(c)))',
  'log.info("https://a.example/?b=" + encodeURIComponent(c) + "&d=e")',
  'log.info([...c].map((u) => "\\\\u" + u.codePointAt(0).toString(16).padStart(4, "0")).join(""))',
  'log.info([...c].map((u) => "&#" + u.codePointAt(0) + ";").join(""))',
  'log.info("%" + [...Buffer.from(c)].map((b) => b.toString(16).padStart(2, "0")).join("%"))',
  'log.info(Buffer.from(c).toString("base64") + " " + Buffer.from(c).toString("hex"))',
  'log.info(c + "\\n" + c + "\\t" + c)',
  'log.info({ a: c })',
  'log.info({ [c]: 1 })',
  'log.info({ a: { b: { c: { d: [[{ e: c }]] } } } }, "deep")',
  'log.info({ a: [c, c] })',
  'log.info({ a: [...new Map([["a", c]])], b: [...new Set([c])] })',
  'log.info({ a: Buffer.from(c), b: new Uint8Array(Buffer.from(c)), d: [...Buffer.from(c)] })',
  'log.info({ a: { toJSON: () => c } })',
  'log.info({ a: new String(c) })',
  'log.info({ get a() { return c } })',
  'log.info({ msg: c })',
  'log.info({ time: c, level: c, requestId: c })',
  'log.info({ headers: new Map([["authorization", c]]), raw: ["Authorization", c, "Cookie", c] })',
  'log.info({ req: { method: "GET", url: "/?a=" + encodeURIComponent(c), headers: { cookie: c, "x-a": c } } })',
  'log.info({ method: "GET", url: c, headers: { authorization: c }, socket: { remoteAddress: c } })',
  'const round = { c }; round.round = round; log.info(round)',
  'log.info({ big: 1n, c })',
  'log.error(new Error(c))',
  'log.error({ err: new Error("a", { cause: new Error(c) }) }, "failed")',
  'log.error({ err: new AggregateError([new Error(c)], "a") })',
  'log.error({ err: Object.assign(new Error("a"), { config: { url: c }, [c]: c }) })',
  'log.error({ error: Object.assign(new Error("a"), { input: c }) })',
  'const named = new Error("a"); named.name = c; named.stack = c; log.error(named)',
  'log.error(Object.assign(new Error("a"), { stack: c }), c)',
  'log.child({ a: c }).info("a")',
  'log.child({ a: c }).info({ a: 1 }, "a")',
  'log.child({ a: c }).child({ [c]: 1 }).info("a")',
  'log.child({}, { msgPrefix: c + " " }).info("a")',
  'log.child({}, { serializers: { a: () => c } }).info({ a: 1 })',
  'log.child({}, { redact: ["b"] }).info({ a: c })',
  'const bound = log.child({}); bound.setBindings({ a: c }); bound.info("a")',
  'for (const level of ["trace", "debug", "warn", "error", "fatal"]) log[level](c)',
]

/** Where the name says that it is a secret, nothing in the value need look like one. */
const namedWays = ['authorization', 'cookie', 'password', 'clientSecret', 'accessToken', 'x-api-key', 'svix-signature']
  .flatMap((name) => [`'${name}'`, `'${name.toUpperCase()}'`])
  .flatMap((name) => [
    `log.info({ [${name}]: c })`,
    `log.info({ a: [{ [${name}]: { b: [c, 7] } }] })`,
    `log.info({ [${name}]: new Map([[c, c]]), a: [...new Headers([[${name}, c]])] })`,
    `log.info({ a: [${name}, c] })`,
    `log.info({ a: [{ name: ${name}, value: c }] })`,
    `log.info(${name} + ': ' + c)`,
    `log.info(${name} + '=' + c)`,
    `log.info(JSON.stringify({ [${name}]: c }))`,
    `log.info(JSON.stringify({ a: JSON.stringify({ [${name}]: 'a"' + c }) }))`,
    `log.info(JSON.stringify({ [${name}]: { b: [c] } }))`,
    `log.info(inspect({ [${name}]: c, map: new Map([[${name}, { b: c }]]) }))`,
    `log.info('of %j', { [${name}]: c })`,
    `log.error(Object.assign(new Error('a'), { [${name}]: c }))`,
    `log.child({ [${name}]: c }).info('a')`,
    `log.info('/?a=b&' + ${name} + '=' + encodeURIComponent(c))`,
  ])

const calls = (canary: string, all: readonly string[]) =>
  all.map((way) => `{ const c = ${JSON.stringify(canary)}; ${way} }`).join('\n')

const everything = [
  ...Object.keys(canaries).map((canary) => calls(canary, ways)),
  calls('canaryword', namedWays),
  'log.info("the end")',
].join('\n')

/** As it is, and as the ways above spell it. */
function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const units = [...secret].map((unit) => unit.codePointAt(0) ?? 0)
  return [
    secret,
    bytes.toString('hex'),
    [...bytes].join(','),
    encodeURIComponent(secret),
    units.map((unit) => `u${unit.toString(16).padStart(4, '0')}`).join(''),
    units.map((unit) => `&#${unit};`).join(''),
  ].map(withoutPunctuation)
}

/** So that neither escapes nor how a list is written hide a secret from the test. */
const withoutPunctuation = (line: string) => line.toLowerCase().replace(/"\d+\\*":|[\\\s%]/g, '')

test.each([
  ['as JSON', false],
  ['on a terminal', true],
])(
  'no address, token, secret, signature or signed URL is in a log, however it got there: %s',
  async (_form, pretty) => {
    const text = await written(everything, { level: 'trace', pretty })
    const lines = text.split('\n').map(withoutPunctuation)
    const spellings = ['canaryword', ...Object.values(canaries).flat()].flatMap(spellingsOf)
    const found = lines.filter((line) => spellings.some((spelling) => line.includes(spelling)))
    expect(found).toEqual([])
    // They were written, not lost.
    expect(text).toContain('the end')
    expect(lines.length).toBeGreaterThan(ways.length * Object.keys(canaries).length + namedWays.length)
    expect(text).not.toContain('could not be masked')
  },
)
