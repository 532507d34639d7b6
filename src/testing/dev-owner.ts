import { startPostgres } from '../dev/embedded/postgres.ts'
import { startR2 } from '../dev/embedded/r2.ts'

/*
 * A process that starts the embedded Postgres and R2, prints their pids and ports, and waits to be killed by a test.
 * `node src/testing/dev-owner.ts <folder>`
 */
const [folder] = process.argv.slice(2)
if (!folder) throw new Error('The folder is missing: node src/testing/dev-owner.ts <folder>')

const [postgres, r2] = await Promise.all([
  startPostgres({ dataDir: `${folder}/postgres`, durable: false }),
  startR2({ dataDir: `${folder}/r2`, bucket: 'owned', accessKeyId: 'key', secretAccessKey: 'secret' }),
])
process.stdout.write(
  `${JSON.stringify({ postgres: { pid: postgres.pid, url: postgres.url() }, r2: { pid: r2.pid, port: r2.port } })}\n`,
)
setInterval(() => undefined, 60_000)
