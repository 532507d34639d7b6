import type { App } from '../../app/app.ts'
import type { Environment } from '../../config/env.ts'
import { renderTable } from '../terminal/table.ts'
import { checkBucket } from './check-bucket.ts'
import { checkClerk } from './check-clerk.ts'
import { checkDatabase } from './check-database.ts'
import { checkRevenueCat } from './check-revenuecat.ts'
import { checkTraces } from './check-traces.ts'
import { checkWebhooks } from './check-webhooks.ts'
import { type Check, type Finding, ok, runChecks } from './finding.ts'
import type { Processes } from './judge-pool.ts'

export type Patient = Pick<App, 'config' | 'adapters'> & {
  readonly environment: Environment
  /** Whether Clerk is the development identity, which signs and verifies by a local key. */
  readonly isClerkEmbedded: boolean
}

/** Looks at everything at once; resolves to what it found, in the order of the table. */
export async function examine(patient: Patient, processes: Processes): Promise<readonly Finding[]> {
  const { config, adapters, environment, isClerkEmbedded } = patient
  const { CLERK_PUBLISHABLE_KEY: publishableKey } = environment
  const isProduction = config.mode === 'production'
  const clerk: Check[] = isClerkEmbedded
    ? [{ what: 'Clerk', todo: '', run: async () => [ok('Clerk', 'the development identity signs tokens here')] }]
    : checkClerk({ clerk: config.clerk, directory: adapters.directory, publishableKey, isProduction })
  const found = await runChecks([
    ...checkDatabase(config, processes),
    ...checkBucket(adapters.bucket, config),
    ...clerk,
    ...checkWebhooks(config),
    ...checkRevenueCat(adapters.revenueCat),
    ...checkTraces(config),
  ])
  return [ok('environment', `fits ${config.mode}`), ...found]
}

/** Prints them; throws where something failed, so that a release can stop there. */
export function tell(findings: readonly Finding[]): void {
  const rows = findings.map(({ what, state, about, todo }) => [what, state, about, todo])
  const width = Math.floor((Math.max(100, Math.min(process.stdout.columns ?? 140, 200)) - 45) / 2)
  const table = renderTable(['what', 'is', 'how it is', 'what to do'], rows, [null, null, width, width])
  process.stdout.write(`${table}\n`)
  const count = (wanted: Finding['state']) => findings.filter(({ state }) => state === wanted).length
  if (count('failed') > 0) throw new Error(`${count('failed')} of ${findings.length} failed: see what to do above.`)
}
