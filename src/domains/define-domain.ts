import type { Config, EnvironmentCheck } from '../config/config.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database/db.ts'
import type { Encryptor } from '../platform/encryption/encryptor.ts'
import type { EncryptedColumn } from '../platform/encryption/re-encrypt.ts'
import type { WebhookSource } from '../platform/inbox/webhooks.ts'
import type { CronEntry, JobHandler } from '../platform/jobs/define-job.ts'
import type { AnyCatalogue } from '../platform/messages/message.ts'
import type { Notifications } from '../platform/notifications/notifications.ts'
import type { Log } from '../platform/observability/log.ts'
import type { Metrics } from '../platform/observability/metrics.ts'
import type { PersonalData } from '../platform/personal-data.ts'
import type { LookupServices, ServiceKey } from '../platform/services.ts'
import type { Streams } from '../platform/streams/streams.ts'
import type { CreditHoldOwners } from './credits/index.ts'
import type { NotificationType } from './notifications/index.ts'
import type { UploadKindDefinition } from './uploads/index.ts'
import type { PlanLimits } from './usage/index.ts'
import type { OnContactsVerified, OnUserCreated, OnUserDeleting } from './users/index.ts'

/** The platform services that every domain can use. */
export interface Platform {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly metrics: Metrics
  readonly db: Database
  readonly notifications: Notifications
  readonly streams: Streams
  readonly encryptor: Encryptor
}

/**
 * What the domains of the app declare for lower domains. It is complete once all domains are built, so a lower domain
 * stores the object and reads it on use.
 */
export interface Declarations {
  /** Runs every domain's `onUserCreated`, the highest domain first: purchases are locked before wallets. */
  readonly onUserCreated: OnUserCreated
  /** Runs every domain's `onContactsVerified`, the highest domain first. */
  readonly onContactsVerified: OnContactsVerified
  /** Runs every domain's `onUserDeleting`. */
  readonly onUserDeleting: OnUserDeleting
  uploadKinds(): readonly UploadKindDefinition[]
  creditHolds(): CreditHoldOwners
  notificationKinds(): readonly NotificationType[]
  /** Throws if no domain declares plans. */
  planLimits(): PlanLimits
  /** In the order of erasure: the platform's, then the highest domain first, so dependent rows are erased before their row. */
  personalData(): readonly PersonalData[]
}

/** The parts that a domain is built from. */
export interface BuildParts<Vendors> {
  readonly platform: Platform
  /** The clients of external services, as the interfaces in the domain's ports.ts. */
  readonly vendors: Vendors
  /** The services of lower domains. */
  readonly services: LookupServices
  readonly declarations: Declarations
}

/**
 * The manifest of a domain. Only `name`, `key` and `build` are required. GraphQL types and fields are added by the
 * imports of graphql/schema.ts.
 */
export interface DomainDefinition<Vendors, Services> {
  readonly name: string
  /** The key under which other domains and resolvers look up the services that `build` returns. */
  readonly key: ServiceKey<Services>
  /** Checks the environment variables that the domain reads itself, before anything is started. */
  readonly checkEnvironment?: EnvironmentCheck
  /** Builds the services, once for each app. Opens no connections. */
  build(parts: BuildParts<Vendors>): Services
  /** Adds the GraphQL types that depend on what all domains declare. */
  readonly graphql?: (declared: { readonly uploadKinds: readonly UploadKindDefinition[] }) => void
  readonly jobs?: (services: Services) => readonly JobHandler[]
  readonly cron?: readonly CronEntry[]
  readonly webhooks?: (services: Services) => readonly WebhookSource[]
  /** The upload kinds whose files belong to this domain. */
  readonly uploadKinds?: readonly UploadKindDefinition[]
  /** Return the state of the work that credits are held for, by the first part of the hold's reference. */
  readonly creditHolds?: (services: Services) => CreditHoldOwners
  /** Runs in the transaction that creates a user's row or links it to Clerk. */
  readonly onUserCreated?: (services: Services) => OnUserCreated
  /** Runs in the transaction that stores a state of a user with verified addresses or phone numbers. */
  readonly onContactsVerified?: (services: Services) => OnContactsVerified
  /** Runs in the transaction in which the deletion of a user begins. */
  readonly onUserDeleting?: (services: Services) => OnUserDeleting
  /** Returns the limits of a user's plan. Exactly one domain declares it. */
  readonly planLimits?: (services: Services) => PlanLimits
  /** The personal data that this domain stores, in the order of erasure. */
  readonly personalData?: (services: Services) => readonly PersonalData[]
  readonly encryptedColumns?: readonly EncryptedColumn[]
  /** Additional checks of /health, by name. Each resolves to whether the part works. */
  readonly healthChecks?: Readonly<Record<string, (services: Services) => Promise<boolean>>>
  /** Adds metrics that are read from the domain's tables. Called once all domains are built. */
  readonly metrics?: (services: Services, metrics: Metrics) => void
  /** The types of notifications that this domain sends to users. */
  readonly notificationKinds?: readonly NotificationType[]
  /** What the domain says to users, in every language: its errors and these notifications. */
  readonly messages?: readonly AnyCatalogue[]
}

/** A built domain: its services and what it declares, bound to them. */
export interface BuiltDomain {
  readonly name: string
  readonly services: unknown
  readonly jobs: readonly JobHandler[]
  readonly webhooks: readonly WebhookSource[]
  readonly creditHolds: CreditHoldOwners
  readonly onUserCreated: OnUserCreated | null
  readonly onContactsVerified: OnContactsVerified | null
  readonly onUserDeleting: OnUserDeleting | null
  readonly planLimits: PlanLimits | null
  readonly personalData: readonly PersonalData[]
  readonly healthChecks: Readonly<Record<string, () => Promise<boolean>>>
  addMetrics(metrics: Metrics): void
}

/** A domain for the composition root: what it declares before it is built, and its `build` function. */
export interface Domain<Vendors> {
  readonly name: string
  readonly checkEnvironment: EnvironmentCheck
  readonly cron: readonly CronEntry[]
  readonly uploadKinds: readonly UploadKindDefinition[]
  readonly encryptedColumns: readonly EncryptedColumn[]
  readonly notificationKinds: readonly NotificationType[]
  readonly messages: readonly AnyCatalogue[]
  readonly healthCheckNames: readonly string[]
  graphql(declared: { readonly uploadKinds: readonly UploadKindDefinition[] }): void
  build(parts: BuildParts<Vendors>): BuiltDomain
}

/** Declares a domain. app/domains.ts lists the result; app/compose.ts builds it. */
export function defineDomain<Vendors, Services>(definition: DomainDefinition<Vendors, Services>): Domain<Vendors> {
  const { name, key, healthChecks = {} } = definition
  if (key.domain !== name) throw new Error(`The service key of the domain ${name} names ${key.domain}.`)
  return {
    name,
    checkEnvironment: definition.checkEnvironment ?? (() => []),
    cron: definition.cron ?? [],
    uploadKinds: definition.uploadKinds ?? [],
    encryptedColumns: definition.encryptedColumns ?? [],
    notificationKinds: definition.notificationKinds ?? [],
    messages: definition.messages ?? [],
    healthCheckNames: Object.keys(healthChecks),
    graphql: (declared) => definition.graphql?.(declared),
    build(parts) {
      const services = definition.build(parts)
      return {
        name,
        services,
        jobs: definition.jobs?.(services) ?? [],
        webhooks: definition.webhooks?.(services) ?? [],
        creditHolds: definition.creditHolds?.(services) ?? {},
        onUserCreated: definition.onUserCreated?.(services) ?? null,
        onContactsVerified: definition.onContactsVerified?.(services) ?? null,
        onUserDeleting: definition.onUserDeleting?.(services) ?? null,
        planLimits: definition.planLimits?.(services) ?? null,
        personalData: definition.personalData?.(services) ?? [],
        healthChecks: Object.fromEntries(
          Object.entries(healthChecks).map(([check, run]) => [check, () => run(services)]),
        ),
        addMetrics: (metrics) => definition.metrics?.(services, metrics),
      }
    },
  }
}
