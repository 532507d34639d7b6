import { SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import { developmentSettings } from './development-settings.ts'
import { renderTable } from './terminal/table.ts'

/** Adds the `seed` command. */
export function addSeed(program: Command): void {
  program
    .command('seed')
    .description('fill the development database with sample users and activities')
    .action(async () => {
      const settings = developmentSettings('seed')
      if (settings.clerk)
        throw new Error('Clerk is configured, so sample users cannot sign in. Unset the CLERK_ variables.')
      const { developmentIdentity } = await import('../dev/identity.ts')
      const { openDevelopmentApp } = await import('../dev/app.ts')
      const { seed, seedSize } = await import('../dev/seed/seed.ts')
      await using app = await openDevelopmentApp(settings)
      const bar = new SingleBar({
        format: 'Activities {bar} {value}/{total} | {eta_formatted} left',
        noTTYOutput: false,
        hideCursor: true,
      })
      const rows: [string, string, number][] = []
      bar.start(seedSize, 0)
      for await (const step of seed(app, await developmentIdentity(settings.dataDir))) {
        if (step === 'activity') bar.increment()
        else rows.push([step.email, step.timeZone, step.made])
      }
      bar.stop()
      process.stdout.write(`${renderTable(['user', 'time zone', 'new activities'], rows)}\n`)
      process.stdout.write('To sign in as one of them: npm run --silent token -- minjun.kim@example.com\n')
    })
}
