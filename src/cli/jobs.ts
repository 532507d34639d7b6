import { type Command, InvalidArgumentError } from 'commander'
import type { App } from '../app/app.ts'
import { lanes } from '../platform/jobs/lanes.ts'
import type { ListInput } from './jobs/list.ts'
import { openConfigured } from './open-configured.ts'
import { rowLimit } from './terminal/row-limit.ts'

const states = ['waiting', 'running', 'failed'] as const

/** @param open opens the app that a command works on and closes when it is done. */
export function addJobs(program: Command, open: () => Promise<App> = openConfigured): void {
  const jobs = program.command('jobs').description('background jobs: those that wait, run, or have failed')

  jobs
    .command('list')
    .description('the newest jobs that are not done; done ones are not kept')
    .option('--state <state>', `only those: ${states.join(', ')}`, oneOf(states))
    .option('--lane <lane>', `only those: ${lanes.join(', ')}`, oneOf(lanes))
    .option('--name <name>', 'only those: activities.read-file')
    .option('--oldest', 'the oldest ones first', false)
    .option('--limit <n>', 'how many at most, up to 1000', rowLimit, 50)
    .option('--json', 'as JSON', false)
    .action(async (input: ListInput) => {
      const { list } = await import('./jobs/list.ts')
      await using app = await open()
      await list(app, input)
    })
  jobs
    .command('show')
    .description('one job, with its payload, its finished steps and its progress')
    .argument('<id>')
    .action(async (id: string) => {
      const { show } = await import('./jobs/show.ts')
      await using app = await open()
      await show(app, id)
    })
  jobs
    .command('retry')
    .description('makes jobs due now, with all their attempts; steps that are finished are not done again')
    .argument('[ids...]')
    .option('--failed', 'every failed job', false)
    .option('--name <name>', 'of the failed ones, only those')
    .action(async (ids: string[], input: { failed: boolean; name?: string }) => {
      const { retry } = await import('./jobs/change.ts')
      await using app = await open()
      await retry(app, ids, input)
    })
  jobs
    .command('cancel')
    .description(
      'cancels jobs: those that wait or have failed are not tried again, those that run are told to end. They stay in the ' +
        'list as failed, and can be retried',
    )
    .argument('<ids...>')
    .action(async (ids: string[]) => {
      const { cancel } = await import('./jobs/change.ts')
      await using app = await open()
      await cancel(app, ids)
    })
}

/** A parser of an option that has one of these values, in upper or lower case. */
function oneOf<Value extends string>(values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const value = values.find((name) => name === text.toLowerCase())
    if (!value) throw new InvalidArgumentError(`It is one of ${values.join(', ')}.`)
    return value
  }
}
