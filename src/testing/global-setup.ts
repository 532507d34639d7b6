import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../dev/embedded/postgres.ts'
import { startR2 } from '../dev/embedded/r2.ts'
import { ensureRuntimeLogin } from '../dev/embedded/runtime-login.ts'
import { migrate } from '../platform/database/migrate.ts'
import { makeDataFolder } from './data-folder.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of the server's default database, for cloning and dropping others. */
    readonly postgresUrl: string
    readonly templateDatabase: string
    readonly bucket: {
      readonly endpoint: string
      readonly name: string
      readonly accessKeyId: string
      readonly secretAccessKey: string
    }
    /** The data folder with the key of the development identity. */
    readonly dataDir: string
  }
}

const templateDatabase = 'template_pacer'
const bucket = { bucket: 'uploads', accessKeyId: 'test', secretAccessKey: 'test-secret' }

/** Starts one Postgres with a migrated template database, which tests clone, and one R2 for the whole test run. */
export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const dataDir = await makeDataFolder()
  const [postgres, r2] = await Promise.all([
    startPostgres({ dataDir: join(dataDir, 'postgres'), durable: false, maxConnections: 300 }),
    startR2({ dataDir: join(dataDir, 'r2'), ...bucket }),
  ])
  const client = new Client({ connectionString: postgres.url() })
  await client.connect()
  await client.query(`CREATE DATABASE ${templateDatabase}`)
  await ensureRuntimeLogin(client)
  await client.end()
  await migrate({ url: postgres.url(templateDatabase) })

  provide('postgresUrl', postgres.url())
  provide('templateDatabase', templateDatabase)
  const { endpoint, accessKeyId, secretAccessKey } = r2
  provide('bucket', { endpoint, name: bucket.bucket, accessKeyId, secretAccessKey })
  provide('dataDir', dataDir)
  return async () => {
    await Promise.all([postgres.stop(), r2.stop()])
    await rm(dataDir, { recursive: true, force: true })
  }
}
