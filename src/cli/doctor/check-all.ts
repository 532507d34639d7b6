import type { App } from '../../app/app.ts'
import type { Environment } from '../../config/env.ts'
import { secretRedactor } from '../../config/redact-secrets.ts'
import { renderTable } from '../terminal/table.ts'
import { checkBucket } from './check-bucket.ts'
import { checkClerk } from './check-clerk.ts'
import type { Processes } from './check-connection-count.ts'
import { checkDatabase } from './check-database.ts'
import { checkFfmpeg } from './check-ffmpeg.ts'
import { checkRevenueCat } from './check-revenuecat.ts'
import { checkTraces } from './check-traces.ts'
import { checkVideoVendors } from './check-video-vendors.ts'
import { checkWebhooks } from './check-webhooks.ts'
import { type Check, type Finding, ok, runChecks } from './finding.ts'

export type DoctorTarget = Pick<App, 'config' | 'adapters'> & {
  readonly environment: Environment
  /** Whether the development identity replaces Clerk: it signs and verifies tokens with a local key. */
  readonly isClerkEmbedded: boolean
}

/** Runs all checks at once. The findings have the order of the table. */
export async function checkAll(target: DoctorTarget, processes: Processes): Promise<readonly Finding[]> {
  const { config, adapters, environment, isClerkEmbedded } = target
  const { CLERK_PUBLISHABLE_KEY: publishableKey } = environment
  const isProduction = config.mode === 'production'
  const clerk: Check[] = isClerkEmbedded
    ? [{ what: 'Clerk', todo: '', run: async () => [ok('Clerk', 'not configured: the development identity is used')] }]
    : checkClerk({ clerk: config.clerk, directory: adapters.directory, publishableKey, isProduction })
  const redact = secretRedactor(environment)
  const checks = [
    ...checkDatabase(config, processes, redact),
    ...checkBucket(adapters.bucket, config),
    ...clerk,
    ...checkWebhooks(config),
    ...checkRevenueCat(adapters.revenueCat),
    ...checkFfmpeg(adapters.videoRenderer),
    ...checkVideoVendors(config.videos),
    ...checkTraces(config),
  ]
  return [ok('environment', `valid for ${config.mode}`), ...(await runChecks(checks, redact))]
}

/** Prints the findings. Throws if a check failed, so that a release can be stopped. */
export function printFindings(findings: readonly Finding[]): void {
  const rows = findings.map(({ what, state, about, todo }) => [what, state, about, todo])
  const width = Math.floor((Math.max(100, Math.min(process.stdout.columns ?? 140, 200)) - 45) / 2)
  const table = renderTable(['check', 'state', 'details', 'what to do'], rows, [null, null, width, width])
  process.stdout.write(`${table}\n`)
  const count = (wanted: Finding['state']) => findings.filter(({ state }) => state === wanted).length
  if (count('failed') > 0) {
    throw new Error(`${count('failed')} of ${findings.length} checks failed. The table says what to do.`)
  }
}
