import type { Command } from 'commander'
import { readSettings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'

/** Adds the `migrate` command. */
export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('apply pending migrations as the role of DIRECT_URL')
    .action(async () => {
      const { database, privacy } = readSettings(readEnvironment())
      if (!database) throw new Error('DATABASE_URL is not set. `npm start` migrates the embedded database.')
      const { migrate } = await import('../platform/database/migrate.ts')
      const { hashExistingNames } = await import('../domains/billing/index.ts')
      const before = privacy.indexKey === undefined ? [] : [hashExistingNames(privacy.indexKey)]
      const { applied } = await migrate({ url: database.directUrl, before })
      process.stdout.write(applied.length > 0 ? `Applied: ${applied.join(', ')}\n` : 'No pending migrations.\n')
    })
}
