import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { breakingChanges, unnamed } from './breaking-changes.ts'
import { findReleasedContract } from './released-contract.ts'

const released =
  'type Query { me: User  old(id: ID): Int } type User { name: String, age: Int } enum Sport { RUN RIDE }'

const changesTo = (current: string) => breakingChanges(released, current)
const changelog = (...items: readonly string[]) =>
  ['# Changelog', '## Unreleased', ...items.map((item) => `- ${item}`), '## 0.1.0', '- BREAKING: `User.name`'].join(
    '\n',
  )

describe('a breaking change', () => {
  test('is named with its place; an addition is none', async () => {
    const current = 'type Query { me: User old: Int } type User { name: String!, email: String } enum Sport { RUN }'
    expect((await changesTo(current)).map(({ path }) => path).sort()).toEqual([
      'Query.old.id',
      'Sport.RIDE',
      'User.age',
    ])
  })

  test.each([
    ['itself', 'BREAKING: `User.age` was removed.', []],
    ['its type', 'BREAKING: `User` was changed.', []],
    ['itself in the second line', 'BREAKING: two fields were removed,\n  `User.age` and another.', []],
    ['another field', 'BREAKING: `User.name` was removed.', ['User.age']],
    ['itself without BREAKING', '`User.age` was removed.', ['User.age']],
    ['nothing', 'BREAKING: a field was removed.', ['User.age']],
  ])('needs an entry of the changelog that names it: one that names %s', async (_about, entry, missing) => {
    const changes = await changesTo(released.replace(', age: Int', ''))
    expect(unnamed(changes, changelog(entry)).map(({ path }) => path)).toEqual(missing)
  })

  test('an argument is named by its field, with or without the root type', async () => {
    const changes = await changesTo(released.replace('(id: ID)', ''))
    for (const name of ['Query.old.id', 'Query.old', 'old', 'old.id']) {
      expect(unnamed(changes, changelog(`BREAKING: \`${name}\``)), name).toEqual([])
    }
    expect(unnamed(changes, changelog('BREAKING: `Query`'))).toHaveLength(1)
  })
})

describe('the released contract is that of', () => {
  function repository() {
    const folder = mkdtempSync(join(tmpdir(), 'contract-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
        cwd: folder,
        stdio: 'pipe',
      })
    const commit = (schema: string) => {
      writeFileSync(join(folder, 'schema.graphql'), schema)
      git('add', '.')
      git('commit', '-qm', 'a')
    }
    git('init', '-q', '-b', 'main')
    return { folder, git, commit }
  }

  test('the newest tag', async () => {
    const { folder, git, commit } = repository()
    for (const [schema, tag] of [
      ['one', 'v0.9.0'],
      ['two', 'v0.10.0'],
      ['three', 'other'],
    ] as const) {
      commit(schema)
      git('tag', tag)
    }
    expect(await findReleasedContract(folder)).toEqual({ contract: 'two', name: 'the tag v0.10.0' })
  })

  test('the commit where the branch left main, without a tag', async () => {
    const { folder, git, commit } = repository()
    commit('one')
    git('checkout', '-qb', 'topic')
    commit('two')
    expect(await findReleasedContract(folder)).toMatchObject({ contract: 'one', name: expect.stringContaining('main') })
  })

  test('none in a shallow clone without tags, and outside of git: the reason is named', async () => {
    const { folder, commit } = repository()
    commit('one')
    commit('two')
    const clone = mkdtempSync(join(tmpdir(), 'contract-'))
    onTestFinished(() => rmSync(clone, { recursive: true }))
    expect(await findReleasedContract(clone)).toEqual({ skipped: expect.stringContaining('no git repository') })
    execFileSync('git', ['clone', '-q', '--depth', '1', pathToFileURL(folder).href, '.'], { cwd: clone })
    expect(await findReleasedContract(clone)).toEqual({ skipped: expect.stringContaining('shallow') })
  })

  test('a tag without the file is an error', async () => {
    const { folder, git, commit } = repository()
    commit('one')
    git('mv', 'schema.graphql', 'moved.graphql')
    git('commit', '-qm', 'a')
    git('tag', 'v1.0.0')
    await expect(findReleasedContract(folder)).rejects.toThrow(/v1\.0\.0/)
  })
})
