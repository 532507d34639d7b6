import { once } from 'node:events'
import { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { JobHandler } from '../platform/jobs/define-job.ts'
import { defaultJobConcurrency } from '../platform/jobs/lanes.ts'
import { runJobs } from '../platform/jobs/run-jobs.ts'
import { silentLog } from '../platform/observability/log.ts'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { directUrlOf } from '../testing/postgres.ts'
import { addJobs } from './jobs.ts'

let app: TestApp
beforeAll(async () => {
  app = await startTestApp()
})
beforeEach(() => app.owner.query('DELETE FROM graphile_worker._private_jobs'))
afterEach(() => vi.restoreAllMocks())
afterAll(() => app[Symbol.asyncDispose]())

/** Runs the command in this process as the runtime role; main.ts turns a failure into exit code 1. */
async function run(...args: string[]): Promise<{ output: string; errors: string; failure: string | null }> {
  const output = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const errors = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const program = new Command().exitOverride()
  addJobs(program, async () => ({ ...app.app, [Symbol.asyncDispose]: async () => undefined }))
  for (const command of program.commands[0]?.commands ?? []) command.exitOverride()
  const failure = await program.parseAsync(['jobs', ...args], { from: 'user' }).then(
    () => null,
    (error: Error) => error.message,
  )
  const written = ({ mock }: typeof output) => mock.calls.map(([text]) => String(text)).join('')
  const result = { output: written(output), errors: written(errors), failure }
  output.mockRestore()
  errors.mockRestore()
  return result
}

type Kind = 'waiting' | 'running' | 'failed'

/** Puts a job into the queue in that state; resolves to its id. */
async function put(kind: Kind, name: string, payload: object = {}): Promise<string> {
  const { rows } = await app.owner.query<{ id: string }>(
    "SELECT id::text FROM graphile_worker.add_job($1, $2::json, max_attempts => 3, run_at => now() + interval '1 day')",
    [name, JSON.stringify(payload)],
  )
  const id = rows[0]?.id ?? ''
  const change = {
    waiting: 'attempts = 1',
    running: "locked_at = now(), locked_by = 'worker-1', attempts = 1",
    failed: "attempts = 3, last_error = 'It\u001b[2J broke'",
  }
  await app.owner.query(`UPDATE graphile_worker._private_jobs SET ${change[kind]} WHERE id = $1`, [id])
  return id
}

const rowsOf = async (...args: string[]): Promise<{ id: string; state: string; attempts: number }[]> =>
  JSON.parse((await run('list', '--json', ...args)).output)
const stateOf = async (id: string) => (await rowsOf()).find((job) => job.id === id)?.state

test('list shows the newest first, by state and name, and no more than asked for', async () => {
  const first = await put('waiting', 'mail.send')
  const second = await put('failed', 'mail.send')
  const third = await put('running', 'files.read')
  const { output } = await run('list')
  expect(output).toMatch(/failed +│ 3 of 3 .* It \[2J broke/)
  expect(output).not.toContain('\u001b')
  expect((await rowsOf()).map(({ id }) => id)).toEqual([third, second, first])
  expect((await rowsOf('--oldest')).map(({ id }) => id)).toEqual([first, second, third])
  expect((await rowsOf('--state', 'failed')).map(({ id }) => id)).toEqual([second])
  expect((await rowsOf('--state', 'waiting', '--name', 'files.read')).map(({ id }) => id)).toEqual([])

  const page = await run('list', '--limit', '2', '--oldest')
  expect(page.errors).toContain('These are the oldest 2; there are more.')
  expect((await run('list', '--state', 'lost')).failure).toContain('It is one of waiting, running, failed.')
  expect((await run('list', '--limit', '0')).failure).toContain('It is a number from 1 to 1000.')
})

test('list shows the lane, the step that is running and the percentage; show also the finished steps', async () => {
  const at = await put('running', 'videos.render')
  await put('waiting', 'mail.send')
  await app.owner.query('UPDATE graphile_worker._private_jobs SET priority = 2 WHERE id = $1', [at])
  await app.owner.query(
    `INSERT INTO job_progress (job_id, revision, steps, step, percent, updated_at)
     VALUES ($1, 0, '{"card": 1, "captions": 2}', 'encode', 40, now())`,
    [at],
  )
  const { output } = await run('list', '--lane', 'render')
  expect(output).toMatch(/videos\.render +│ render +│ running +│ 1 of 3 +│ encode, 40 %/)
  expect(output).not.toContain('mail.send')
  expect(await rowsOf('--lane', 'default')).toMatchObject([{ name: 'mail.send', lane: 'default', finishedSteps: [] }])
  expect((await run('show', at)).output).toMatch(/finishedSteps +│ card, captions/)
  await app.owner.query('UPDATE job_progress SET step = NULL, percent = NULL')
  expect((await run('list')).output).toContain('2 steps done')
  expect((await run('list', '--lane', 'fast')).failure).toContain('It is one of default, files, render, send, replies.')
})

test('show tells what a job was given; an id that no job has is told', async () => {
  const id = await put('running', 'files.read', { activityId: 'ac-1' })
  const { output } = await run('show', id)
  expect(output).toMatch(/payload +│ \{"activityId":"ac-1"\}/)
  expect(output).toMatch(/lockedBy +│ worker-1/)
  for (const unknown of ['999999', 'abc', '99999999999999999999']) {
    expect((await run('show', unknown)).failure).toContain(`There is no job ${unknown}: those that are done`)
  }
})

test('retry has a job run now with all its attempts, once or twice, and leaves one that runs alone', async () => {
  const [failed, running, waiting] = [await put('failed', 'a'), await put('running', 'a'), await put('waiting', 'a')]
  for (const _ of [1, 2]) {
    const { output, failure } = await run('retry', failed, running, waiting)
    expect(failure).toBeNull()
    expect(output.match(/due now/g)).toHaveLength(2)
    expect(output).toMatch(new RegExp(`${running} +│ a +│ running`))
  }
  expect(await rowsOf('--state', 'waiting')).toMatchObject([{ attempts: 0 }, { attempts: 0 }])
  const { rows } = await app.owner.query('SELECT id::text FROM graphile_worker._private_jobs WHERE run_at <= now()')
  expect(rows.map(({ id }) => id).toSorted()).toEqual([failed, waiting].toSorted())
})

test('retry takes every failed job, of one name where asked, but nobody retries by accident', async () => {
  const [one, other] = [await put('failed', 'one'), await put('failed', 'other')]
  await run('retry', '--failed', '--name', 'one')
  expect([await stateOf(one), await stateOf(other)]).toEqual(['waiting', 'failed'])
  await run('retry', '--failed')
  expect(await stateOf(other)).toBe('waiting')
  expect((await run('retry')).failure).toContain('Which jobs?')
  expect((await run('retry', one, '--failed')).failure).toContain('Which jobs?')
  expect((await run('retry', one, '--name', 'one')).failure).toContain('--name goes with --failed.')
})

test('cancel has a job that waits or has failed permanently not run any more, once or twice; it can be retried', async () => {
  const id = await put('waiting', 'a')
  expect((await run('cancel', id)).output).toMatch(/cancelled/)
  const givenUp = await put('failed', 'a')
  for (const job of [id, givenUp]) {
    expect(await run('cancel', job)).toMatchObject({ failure: null, output: expect.stringContaining('cancelled') })
    expect(await stateOf(job)).toBe('failed')
  }
  expect((await run('show', id)).output).toContain('Cancelled by an operator.')
  await run('retry', id)
  expect(await stateOf(id)).toBe('waiting')
})

test('cancel says so of a running job, and of an unknown one before it cancels any', async () => {
  const [running, waiting] = [await put('running', 'a'), await put('waiting', 'a')]
  expect((await run('cancel', waiting, '999999')).failure).toContain('There is no job 999999')
  expect(await stateOf(waiting)).toBe('waiting')
  expect((await run('cancel', running, waiting)).failure).toContain(`Still running: ${running}.`)
  expect([await stateOf(running), await stateOf(waiting)]).toEqual(['running', 'failed'])
})

test('cancel tells the worker of a job to end it, and waits until it has', async () => {
  const isWorking = Promise.withResolvers<void>()
  const heeding: JobHandler = {
    name: 'videos.render',
    run: async (_payload, { signal }) => {
      isWorking.resolve()
      await once(signal, 'abort')
      signal.throwIfAborted()
    },
  }
  const directUrl = directUrlOf(app.databaseUrl)
  const options = { cron: [], concurrency: defaultJobConcurrency, log: silentLog }
  await using _ = await runJobs({ directUrl, handlers: [heeding], ...options })
  await app.owner.query(`SELECT graphile_worker.add_job('videos.render')`)
  await isWorking.promise
  const [job] = await rowsOf('--state', 'running')
  expect(await run('cancel', job?.id ?? '')).toMatchObject({
    failure: null,
    output: expect.stringContaining('cancelled'),
  })
  expect(await stateOf(job?.id ?? '')).toBe('failed')
})
