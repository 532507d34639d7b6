import type { BuiltDomain, Declarations, Domain, Platform } from '../domains/define-domain.ts'
import type { EncryptedColumn } from '../platform/encryption/re-encrypt.ts'
import { eventStreamsOfUser } from '../platform/event-streams/event-streams-personal-data.ts'
import { eventStreamsCron, eventStreamsWorker } from '../platform/event-streams/event-streams-pruning.ts'
import { idempotencyPersonalData } from '../platform/idempotency/idempotency-personal-data.ts'
import { idempotencyCron, idempotencyWorker } from '../platform/idempotency/idempotency-pruning.ts'
import { bodyPlace } from '../platform/inbox/inbox.ts'
import { inboxPersonalData } from '../platform/inbox/inbox-personal-data.ts'
import { inboxCron, inboxWorker } from '../platform/inbox/inbox-worker.ts'
import type { WebhookSource } from '../platform/inbox/webhooks.ts'
import type { CronEntry, JobHandler } from '../platform/jobs/define-job.ts'
import { countJobs } from '../platform/jobs/job-metrics.ts'
import type { PersonalData } from '../platform/personal-data.ts'
import { rateLimitCron, rateLimitWorker } from '../platform/rate-limits/rate-limit-pruning.ts'
import type { LookupServices } from '../platform/services.ts'
import { chunkPlace, streamTextPlace } from '../platform/streams/stream-text.ts'
import { streamsOfUser } from '../platform/streams/streams-personal-data.ts'
import { streamsCron, streamsWorker } from '../platform/streams/streams-pruning.ts'

/** What all domains of a process provide and declare. */
export interface Composition {
  /** The services of any domain. */
  readonly services: LookupServices
  readonly webhooks: readonly WebhookSource[]
  readonly cron: readonly CronEntry[]
  readonly encryptedColumns: readonly EncryptedColumn[]
  readonly healthChecks: Readonly<Record<string, () => Promise<boolean>>>
  readonly declarations: Declarations
  /** The background work of the platform and of all domains. */
  jobs(): readonly JobHandler[]
}

/** Builds every domain once, in order, from the lowest to the highest. Opens nothing. */
export function compose<Vendors>(
  domains: readonly Domain<Vendors>[],
  platform: Platform,
  vendors: Vendors,
): Composition {
  const built = new Map<string, BuiltDomain>()
  const services: LookupServices = <Services>({ domain }: { readonly domain: string }) => {
    const found = built.get(domain)
    if (!found)
      throw new Error(
        `The domain ${domain} has not been built. It is listed after the domain that uses it, or it is not in app/domains.ts.`,
      )
    return found.services as Services
  }
  const lowestFirst = () => [...built.values()]
  const highestFirst = () => lowestFirst().reverse()
  const webhooks = () => lowestFirst().flatMap((domain) => [...domain.webhooks])

  const declarations: Declarations = {
    async onUserCreated(tx, user) {
      for (const { onUserCreated } of highestFirst()) await onUserCreated?.(tx, user)
    },
    async onContactsVerified(tx, verified) {
      for (const { onContactsVerified } of highestFirst()) await onContactsVerified?.(tx, verified)
    },
    async onUserDeleting(tx, user) {
      for (const { onUserDeleting } of highestFirst()) await onUserDeleting?.(tx, user)
    },
    uploadKinds: () => domains.flatMap(({ uploadKinds }) => [...uploadKinds]),
    notificationKinds: () => domains.flatMap(({ notificationKinds }) => [...notificationKinds]),
    creditHolds: () => Object.assign({}, ...lowestFirst().map(({ creditHolds }) => creditHolds)),
    planLimits() {
      const limits = lowestFirst().find(({ planLimits }) => planLimits !== null)?.planLimits
      if (!limits) throw new Error('No domain declares planLimits.')
      return limits
    },
    personalData: () => [...platformData, ...highestFirst().flatMap((domain) => [...domain.personalData])],
  }
  for (const domain of domains) {
    if (built.has(domain.name)) throw new Error(`The domain ${domain.name} is listed twice.`)
    built.set(domain.name, domain.build({ platform, vendors, services, declarations }))
  }
  for (const domain of built.values()) domain.addMetrics(platform.metrics)

  const { db, encryptor, streams, clock, log, metrics, config } = platform
  // Before the domains' data: the events about a user are found through rows that the domains erase.
  const platformData: readonly PersonalData[] = [
    idempotencyPersonalData,
    eventStreamsOfUser,
    streamsOfUser({ encryptor }),
    inboxPersonalData({
      encryptor,
      sources: webhooks(),
    }),
  ]
  return {
    services,
    webhooks: webhooks(),
    cron: [
      ...idempotencyCron,
      ...rateLimitCron,
      ...streamsCron,
      ...eventStreamsCron,
      ...inboxCron,
      ...domains.flatMap(({ cron }) => [...cron]),
    ],
    encryptedColumns: [
      ...domains.flatMap(({ encryptedColumns }) => [...encryptedColumns]),
      { table: 'inbox_events', column: 'body', place: bodyPlace },
      { table: 'streams', column: 'text', place: streamTextPlace },
      { table: 'stream_chunks', column: 'text', place: chunkPlace },
    ],
    healthChecks: Object.assign({}, ...lowestFirst().map(({ healthChecks }) => healthChecks)),
    declarations,
    jobs: () =>
      countJobs(metrics, [
        ...idempotencyWorker({ db, clock }),
        ...rateLimitWorker({ db }),
        ...streamsWorker({ db, streams, clock }),
        ...eventStreamsWorker({ db, clock }),
        ...inboxWorker({
          db,
          encryptor,
          clock,
          log,
          metrics,
          sources: webhooks().map(({ inbox }) => inbox),
          retentionDays: config.inboxRetentionDays,
        }),
        ...lowestFirst().flatMap((domain) => [...domain.jobs]),
      ]),
  }
}
