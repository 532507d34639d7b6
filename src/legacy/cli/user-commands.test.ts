import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../../testing/app.ts'
import { startAppWithClerk } from '../../testing/app-with-clerk.ts'
import { clerkAddresses, clerkUser, type FakeClerk, startClerk } from '../../testing/clerk.ts'
import { keepOpen, runCommand } from '../../testing/run-command.ts'
import { addLegacyCommands } from './add-legacy-commands.ts'

let clerk: FakeClerk
let app: TestApp
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacer-users-'))
})
afterAll(() => rm(folder, { recursive: true }))
beforeEach(async () => {
  clerk = await startClerk()
  app = await startAppWithClerk(clerk)
})
afterEach(async () => {
  await app[Symbol.asyncDispose]()
  await clerk[Symbol.asyncDispose]()
})

function addCommands(program: Command): void {
  const parents = { users: program.command('users'), storage: program.command('storage') }
  addLegacyCommands(parents, keepOpen(app.app))
}

const run = (...args: string[]) => runCommand(addCommands, ['users', ...args])

async function writeUsers(text: string): Promise<string> {
  const file = join(folder, 'users.csv')
  await writeFile(file, text)
  return file
}

test('import reports the result of each line and exits with 1 if a line was refused', async () => {
  const file = await writeUsers('id,email\n1,a@example.com\n2,secret\n')
  const first = await run('import', file)
  expect(first.exitCode).toBe(1)
  expect(first.output).toMatch(/3 +│ the e-mail address is invalid/)
  expect(first.output).not.toContain('secret')
  expect(first.output).toMatch(/created +│ 1/)
  const second = await run('import', await writeUsers('id,email\n1,a@example.com\n'))
  expect(second).toMatchObject({ failure: null, exitCode: undefined })
  expect((await run('import', '/nowhere.csv')).failure).toContain('The file /nowhere.csv cannot be read.')
})

test('import says that names were divided, and which columns were ignored', async () => {
  const { errors } = await run('import', await writeUsers('id,name,shoe\n1,Mina Kim,43\n'))
  expect(errors).toContain('fills first and last name, divided at its last space. Users: 1.')
  expect(errors).toContain('unknown or repeated, and were ignored: shoe.')
})

test('link-clerk lists the users that need attention and counts the others', async () => {
  await run('import', await writeUsers('id,email\n1,user_a@example.com\n2,user_b@example.com\n3,c@example.com\n4,\n'))
  clerk.users.set('user_a', clerkUser('user_a', clerkAddresses(['user_a@example.com'])))
  clerk.users.set('user_b', clerkUser('user_b', clerkAddresses(['user_b@example.com'], 'unverified')))
  const { output } = await run('link-clerk', '--create')
  expect(output).toMatch(/2 +│ not verified +│ user_b/)
  expect(output).toMatch(/linked +│ 1/)
  expect(output).toMatch(/created +│ 1/)
  expect(output).toMatch(/without an e-mail address +│ 1/)
})

test('link-clerk fails without CLERK_SECRET_KEY and names it', async () => {
  await app[Symbol.asyncDispose]()
  app = await startTestApp()
  expect((await run('link-clerk')).failure).toContain('CLERK_SECRET_KEY is not set')
})
