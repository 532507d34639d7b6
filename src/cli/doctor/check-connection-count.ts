import {
  connectionsNeeded,
  directConnectionsOfApi,
  directConnectionsOfWorker,
} from '../../platform/database/connections.ts'
import { type Finding, failed, ok, warning } from './finding.ts'

/** The number of processes that use one database. An `all` process counts as one of each with a shared pool. */
export interface Processes {
  readonly apis: number
  readonly workers: number
}

/** Above this share of the limit, a rolling deployment, which runs old and new processes at once, may not fit. */
const warningShare = 0.8

/** Checks that the database accepts all connections that all processes together may open. */
export function checkConnectionCount({
  usable,
  poolSize,
  isPooled,
  apis,
  workers,
}: Processes & {
  /** max_connections without those reserved for superusers. */
  readonly usable: number
  readonly poolSize: number
  /** Whether DATABASE_URL goes through a pooler: then only direct connections count. */
  readonly isPooled: boolean
}): Finding {
  const needed = connectionsNeeded({ poolSize, isPooled, apis, workers, alls: 0 })
  const part = (count: number, name: string, direct: number) =>
    `${count} ${name} × ${isPooled ? direct : `(${poolSize} + ${direct})`}`
  const sum = `${part(apis, 'api', directConnectionsOfApi)} + ${part(workers, 'worker', directConnectionsOfWorker)}`
  const about = `${sum} = ${needed} of ${usable}${isPooled ? ', not counting connections through the pooler' : ''}`
  const todo = 'Lower DB_POOL_SIZE, run fewer processes, use a pooler for DATABASE_URL, or raise max_connections.'
  if (needed > usable) return failed('connections', about, todo)
  return needed > usable * warningShare ? warning('connections', about, todo) : ok('connections', about)
}
