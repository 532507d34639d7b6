import { connectionsNeeded, directOfApi, directOfWorker } from '../../platform/database/connections.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

/** How many processes of each kind run over one database; `all` is one of each that shares its pool. */
export interface Processes {
  readonly apis: number
  readonly workers: number
}

/** Above that part of what the server takes, a deployment that replaces one process after the other may not fit. */
const crowded = 0.8

/** Whether all processes fit into what the database takes when each opens all that it may. */
export function judgePool({
  usable,
  poolSize,
  isPooled,
  apis,
  workers,
}: Processes & {
  /** What the database takes, without what it keeps for its superusers. */
  readonly usable: number
  readonly poolSize: number
  /** A pooler stands before it: only what goes around it counts here. */
  readonly isPooled: boolean
}): Finding {
  const needed = connectionsNeeded({ poolSize, isPooled, apis, workers, alls: 0 })
  const part = (count: number, name: string, direct: number) =>
    `${count} ${name} × ${isPooled ? direct : `(${poolSize} + ${direct})`}`
  const sum = `${part(apis, 'api', directOfApi)} + ${part(workers, 'worker', directOfWorker)}`
  const about = `${sum} = ${needed} of ${usable}${isPooled ? ', the others go through the pooler' : ''}`
  const todo = 'Lower DB_POOL_SIZE, run fewer processes, put a pooler before DATABASE_URL, or raise max_connections.'
  if (needed > usable) return failed('connections', about, todo)
  return needed > usable * crowded ? warning('connections', about, todo) : ok('connections', about)
}
