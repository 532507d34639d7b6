import ms from 'ms'
import type { Pool } from 'pg'
import { readQueueState } from '../../platform/queue/queue-state.ts'
import { type Finding, ok, warning } from './finding.ts'

/** Jobs are taken up within seconds where a worker is free. */
const patienceSeconds = 10 * 60

/** Whether workers are alive, and whether jobs wait for long or were given up. */
export async function checkQueue(pool: Pick<Pool, 'query'>): Promise<readonly Finding[]> {
  const { workers, due, oldestSeconds, givenUp } = await readQueueState(pool)
  const lively =
    workers > 0
      ? ok('workers', `${workers} alive`)
      : warning('workers', 'none was heard of for a minute', 'Start one: `node src/main.ts worker`, or `all`.')
  const waiting = due === 0 ? 'nothing waits' : `${due} due, the oldest for ${ms(oldestSeconds * 1_000)}`
  const flowing =
    oldestSeconds < patienceSeconds
      ? ok('queue', waiting)
      : warning('queue', waiting, 'Run more workers; `jobs list --state waiting --oldest` shows what waits.')
  if (givenUp === 0) return [lively, flowing]
  const todo = '`jobs list --state failed` says why; mend the cause, then `jobs retry`.'
  return [lively, flowing, warning('failed jobs', `${givenUp} were given up`, todo)]
}
