import type { Command } from 'commander'
import type { App } from '../app/app.ts'
import { openConfigured } from './open-configured.ts'
import { parallelFiles } from './terminal/parallel-files.ts'
import { rowsOption } from './terminal/rows-option.ts'

/**
 * Adds the `storage` commands and returns their parent command.
 *
 * @param open opens the app for a command; the command closes it when it ends.
 */
export function addStorage(program: Command, open: () => Promise<App> = openConfigured): Command {
  const storage = program.command('storage').description('manage the files in the bucket')

  storage
    .command('verify')
    .description('read every file and compare its size and SHA-256 with its row; exits with 1 if any differ')
    .option('--restart', 'start over instead of continuing a stopped run', false)
    .option('--parallel <n>', 'number of files to read at once, up to 50', parallelFiles, 8)
    .option(...rowsOption)
    .action(async (options: { restart: boolean; parallel: number; rows: number }) => {
      const { verify } = await import('./storage/verify.ts')
      await using app = await open()
      await verify(app, options)
    })
  return storage
}
