import type { Command } from 'commander'
import { addressOf, tokenOf } from './api/server-options.ts'
import { wholeNumber } from './terminal/whole-number.ts'

interface SmokeInput {
  readonly token?: string
  readonly wait: number
}

/** Adds the `smoke` command. */
export function addSmoke(program: Command): void {
  program
    .command('smoke')
    .description('test a running server as a front end: upload and read an activity, credits, plans, and make a video')
    .argument('<url>', 'URL of the server: http://localhost:4000')
    .option('--token <token>', 'session token, or - to read it from standard input; in development one is created')
    .option(
      '--wait <seconds>',
      'how long to wait until the file has been read, and then for the video',
      wholeNumber,
      60,
    )
    .action(async (url: string, { token, wait }: SmokeInput) => {
      const api = addressOf(url)
      const { createClient } = await import('./api/client.ts')
      const { createStepReport } = await import('./smoke/step-report.ts')
      const { runSmokeTest } = await import('./smoke/run-smoke-test.ts')
      const steps = createStepReport()
      const client = createClient(api, await tokenOf(token, 'smoke@example.com'))
      try {
        await runSmokeTest(steps.step, client, { waitSeconds: wait })
      } finally {
        steps.print()
      }
    })
}
