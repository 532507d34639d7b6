import { parseCronItems } from 'graphile-worker'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { cronItem } from './cron-item.ts'
import { defineJob } from './jobs.ts'

test('what the crontab adds waits once, is tried as often as all jobs, and leaves one at work alone', () => {
  const job = defineJob('some.sweep', z.object({}))
  expect(parseCronItems([cronItem({ job, schedule: '*/5 * * * *' })])).toMatchObject([
    {
      task: 'some.sweep',
      identifier: 'some.sweep',
      options: { jobKey: 'some.sweep', jobKeyMode: 'preserve_run_at', maxAttempts: 12, backfillPeriod: 0 },
    },
  ])
})
