import type { Command } from 'commander'
import { readSettings } from '../config/config.ts'
import { readEnvironment } from '../config/env.ts'

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('applies the migrations that the database lacks, as the role of DIRECT_URL')
    .action(async () => {
      const { database } = readSettings(readEnvironment())
      if (!database) throw new Error('DATABASE_URL names no database. An embedded one is migrated by `npm start`.')
      const { migrate } = await import('../platform/database/migrate.ts')
      const { applied } = await migrate({ url: database.directUrl })
      process.stdout.write(applied.length > 0 ? `Applied: ${applied.join(', ')}\n` : 'Nothing is missing.\n')
    })
}
