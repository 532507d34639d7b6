import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** What a program writes whose log gets these calls: `info(...)`, `warn(...)`. */
async function written(calls: string, { level = 'info', pretty = false } = {}): Promise<string> {
  const module = fileURLToPath(new URL('./log.ts', import.meta.url))
  const script = `import { createLog } from ${JSON.stringify(module)}
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

test('tokens and headers are masked, at the top and one level down', async () => {
  const text = await written(`
    log.info({ authorization: 'Bearer topsecret' })
    log.info({ token: 'topsecret' })
    log.info({ headers: { cookie: 'topsecret', authorization: 'Bearer topsecret' } })
    log.info({ request: { authorization: 'Bearer topsecret', token: 'topsecret', path: '/graphql' } })`)
  expect(text).not.toContain('topsecret')
  expect(linesOf(text)).toMatchObject([
    { authorization: '[masked]' },
    { token: '[masked]' },
    { headers: '[masked]' },
    { request: { authorization: '[masked]', token: '[masked]', path: '/graphql' } },
  ])
})

test('an error is written with its stack and its cause, and a token on it is masked', async () => {
  const text = await written(`
    const error = new Error('no answer', { cause: new Error('refused') })
    log.error({ err: Object.assign(error, { token: 'topsecret' }) }, 'failed')`)
  expect(text).not.toContain('topsecret')
  const [line] = linesOf(text)
  expect(line).toMatchObject({ msg: 'failed', err: { message: 'no answer: refused', stack: expect.any(String) } })
})

test('on a terminal it is readable', async () => {
  const text = await written(`log.info({ job: 'a' }, 'job done')`, { pretty: true })
  expect(text).toMatch(/\[\d\d:\d\d:\d\d\] .*INFO.*: .*job done/)
})
