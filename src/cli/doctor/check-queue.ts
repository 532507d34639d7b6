import ms from 'ms'
import type { Pool } from 'pg'
import { readQueueState } from '../../platform/jobs/queue-state.ts'
import { type Finding, ok, warning } from './finding.ts'

/** A free worker starts a due job within seconds. */
const lateAfterSeconds = 10 * 60

/** Checks that workers are alive, and that no due job waits too long or has failed permanently. */
export async function checkQueue(pool: Pick<Pool, 'query'>): Promise<readonly Finding[]> {
  const { workers, due, oldestSeconds, givenUp } = await readQueueState(pool)
  const workerFinding =
    workers > 0
      ? ok('workers', `${workers} alive`)
      : warning(
          'workers',
          'no heartbeat within the last minute',
          'Start one: `npm run start:worker`, or a container with the role `worker` or `all`.',
        )
  const details = due === 0 ? 'no due jobs' : `${due} due, the oldest for ${ms(oldestSeconds * 1_000)}`
  const queueFinding =
    oldestSeconds < lateAfterSeconds
      ? ok('queue', details)
      : warning('queue', details, 'Run more workers. `jobs list --state waiting --oldest` lists the waiting jobs.')
  if (givenUp === 0) return [workerFinding, queueFinding]
  const todo = 'See the errors with `jobs list --state failed`, fix the cause, then run `jobs retry`.'
  return [workerFinding, queueFinding, warning('failed jobs', `${givenUp} failed after all attempts`, todo)]
}
