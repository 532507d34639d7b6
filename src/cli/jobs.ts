import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app/app.ts'
import type { ListWish } from './jobs/list.ts'
import { openConfigured } from './open-configured.ts'
import { rowLimit } from './terminal/row-limit.ts'

const states = ['waiting', 'running', 'failed'] as const

/** @param open opens the app that a command works on and closes when it is done. */
export function addJobs(program: Command, open: () => Promise<App> = openConfigured): void {
  const jobs = program.command('jobs').description('work for later: what waits, runs, or was given up')

  jobs
    .command('list')
    .description('the newest jobs that are not done; done ones are not kept')
    .option('--state <state>', `only those: ${states.join(', ')}`, jobState)
    .option('--name <name>', 'only those: activities.read-file')
    .option('--oldest', 'the oldest ones first', false)
    .option('--limit <n>', 'how many at most, up to 1000', rowLimit, 50)
    .option('--json', 'as JSON', false)
    .action(async (wish: ListWish) => {
      const { list } = await import('./jobs/list.ts')
      await using app = await open()
      await list(app, wish)
    })
  jobs
    .command('show')
    .description('one job, with the ids that it was given')
    .argument('<id>')
    .action(async (id: string) => {
      const { show } = await import('./jobs/show.ts')
      await using app = await open()
      await show(app, id)
    })
  jobs
    .command('retry')
    .description('has jobs run now, with all their attempts; what they did is not done twice')
    .argument('[ids...]')
    .option('--failed', 'every failed job', false)
    .option('--name <name>', 'of the failed ones, only those')
    .action(async (ids: string[], wish: { failed: boolean; name?: string }) => {
      const { retry } = await import('./jobs/change.ts')
      await using app = await open()
      await retry(app, ids, wish)
    })
  jobs
    .command('cancel')
    .description(
      'has jobs that wait or were given up not run any more; they stay in the list as failed, and can be retried',
    )
    .argument('<ids...>')
    .action(async (ids: string[]) => {
      const { cancel } = await import('./jobs/change.ts')
      await using app = await open()
      await cancel(app, ids)
    })
}

function jobState(text: string): (typeof states)[number] {
  const state = states.find((name) => name === text.toLowerCase())
  if (!state) throw new InvalidArgumentError(`It is one of ${states.join(', ')}.`)
  return state
}
