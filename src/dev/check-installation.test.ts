import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pacer-installation-'))
  mkdirSync(join(folder, 'src/dev'), { recursive: true })
  mkdirSync(join(folder, 'src/generated/prisma'), { recursive: true })
  const name = 'src/dev/check-installation.mjs'
  copyFileSync(fileURLToPath(new URL(`../../${name}`, import.meta.url)), join(folder, name))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Runs a program as the npm scripts do. */
const start = (node: string) =>
  spawnSync(node, ['--import', './src/dev/check-installation.mjs', '--eval', 'console.log("started")'], {
    cwd: folder,
    encoding: 'utf8',
  })

test('a complete installation starts the program', () => {
  expect(start(process.execPath)).toMatchObject({ status: 0, stdout: 'started\n', stderr: '' })
})

test('without the generated client one line says what to run', () => {
  rmSync(join(folder, 'src/generated'), { recursive: true })
  expect(start(process.execPath)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'The Prisma client was not generated, as after `npm ci --ignore-scripts`. Run `npm run postinstall`.\n',
  })
})

/** The Node of the system, where it is another one than that of the npm scripts. */
const systemNode = '/usr/bin/node'
function hasOlderNode(): boolean {
  try {
    return Number.parseInt(execFileSync(systemNode, ['--version'], { encoding: 'utf8' }).slice(1), 10) < 24
  } catch {
    return false
  }
}

describe.skipIf(!hasOlderNode())('an older Node', () => {
  test('is named in one line, with what to run', () => {
    const { status, stderr } = start(systemNode)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Pacer needs Node 24, and this is Node \d+\.\d+\.\d+\. .*npm rebuild node.*\n$/)
  })
})
