import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'
import type { MigrateWish } from './storage/migrate.ts'
import { wholeNumber } from './terminal/whole-number.ts'

/** @param open opens the app that a command works on and closes when it is done. */
export function addStorage(program: Command, open: () => Promise<App> = openConfigured): void {
  const storage = program.command('storage').description('the files in the bucket')
  const rows = ['--rows <n>', 'how many rows are listed at most', wholeNumber, 50] as const

  storage
    .command('verify')
    .description('reads every file and compares size and SHA-256 with its row; fails where they differ')
    .option('--restart', 'begins anew where an earlier run was stopped', false)
    .option('--parallel <n>', 'how many files are read at once, up to 50', parallel, 8)
    .option(...rows)
    .action(async (options: { restart: boolean; parallel: number; rows: number }) => {
      const { verify } = await import('./storage/verify.ts')
      await using app = await open()
      await verify(app, options)
    })
  storage
    .command('migrate')
    .description("moves an older system's recordings into the bucket, once or often; its people come by `users import`")
    .argument('<folder>', 'with <user>/<activity>.fit in it; <user> is the legacy_id of `users import`')
    .option('--dry-run', 'looks at everything and writes nothing', false)
    .option('--parallel <n>', 'how many files are moved at once, up to 50', parallel, 8)
    .option('--report <file>', 'writes what became of each file, comma-separated')
    .option(...rows)
    .action(async (folder: string, wish: MigrateWish) => {
      const { migrate } = await import('./storage/migrate.ts')
      await using app = await open()
      await migrate(app, folder, wish)
    })
}

/** The bucket's client opens 50 connections; more would wait for each other. */
function parallel(text: string): number {
  const number = wholeNumber(text)
  if (number < 1 || number > 50) throw new InvalidArgumentError('It is a number from 1 to 50.')
  return number
}
