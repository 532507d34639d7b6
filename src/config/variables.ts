/** A variable of the environment that Pacer reads. `.env.example` is made from this table. */
export interface Variable {
  readonly name: string
  readonly group: string
  /** A sentence: what it is and where to find its value. */
  readonly about: string
  /** Other names that are read when the canonical one is not set. */
  readonly aliases?: readonly string[]
  /** What holds when it is not set, as text. */
  readonly default?: string
  /** Production does not start without it. */
  readonly required?: true
}

export const variables = [
  {
    name: 'NODE_ENV',
    group: 'process',
    aliases: ['ENV'],
    default: 'development',
    about:
      'development or production. Production embeds nothing and refuses to start when a required variable is missing.',
  },
  {
    name: 'DEPLOYMENT',
    group: 'process',
    default: 'production',
    about:
      "production or staging, where NODE_ENV is production: staging has the same rules, and counts purchases of the stores' test environments.",
  },
  { name: 'HOST', group: 'process', default: '127.0.0.1', about: 'The address to listen on; 0.0.0.0 in a container.' },
  { name: 'PORT', group: 'process', default: '4000', about: 'The port of the API.' },
  {
    name: 'METRICS_PORT',
    group: 'process',
    default: '9464',
    about:
      'The port on which every process, the worker too, answers /metrics, /health, /health/live and /health/ready; off for none. Keep it private.',
  },
  {
    name: 'WEB_CONCURRENCY',
    group: 'process',
    default: '1',
    about:
      'How many API processes `api` and `all` run on this host, behind the one PORT. Each has a METRICS_PORT of its own: this one and the next ones.',
  },
  {
    name: 'CRON_SECRET',
    group: 'process',
    about:
      'At least 32 characters. An external cron that sends it as a bearer token to POST /cron/tick runs what the crontab missed: for hosts that sleep. Not set: that address answers 503.',
  },
  {
    name: 'LOG_LEVEL',
    group: 'process',
    default: 'info',
    about: 'fatal, error, warn, info, debug, trace or silent. Logs are JSON on standard output, pretty on a terminal.',
  },
  {
    name: 'DATABASE_BYTES_LIMIT',
    group: 'process',
    about: "How many bytes your plan gives the database; an alert tells of 80 % of them. Not set: it doesn't.",
  },
  {
    name: 'STORAGE_BYTES_LIMIT',
    group: 'process',
    about:
      "How many bytes of people's files you mean to pay for; an alert tells of 90 % of them. It refuses nothing. Not set: it doesn't.",
  },
  {
    name: 'DATA_DIR',
    group: 'process',
    default: '.data',
    about: 'Development only: where the embedded database and bucket keep their data.',
  },
  {
    name: 'PUBLIC_URL',
    group: 'process',
    aliases: ['DOMAIN_BASE_URL'],
    about: 'The address at which clients reach the API, when it is not http://HOST:PORT.',
  },
  {
    name: 'DATABASE_URL',
    group: 'database',
    required: true,
    about:
      'PostgreSQL 15 or newer: the pooled address of a login that owns nothing (docs/operations.md). Missing in development: an embedded PostgreSQL 18 is started.',
  },
  {
    name: 'DIRECT_URL',
    group: 'database',
    about:
      'The same database without a pooler, for migrations, LISTEN and the queue: the address of the role that owns the tables. Default: DATABASE_URL.',
  },
  { name: 'DB_POOL_SIZE', group: 'database', default: '5', about: 'Connections of each process to DATABASE_URL.' },
  {
    name: 'AUTO_MIGRATE',
    group: 'database',
    default: 'true',
    about: 'Whether a starting process applies missing migrations (under an advisory lock, over DIRECT_URL).',
  },
  {
    name: 'CLERK_JWT_KEY',
    group: 'Clerk',
    about:
      'The PEM public key that verifies session tokens without a network (dashboard, API keys, JWKS public key). Without it the keys are fetched with CLERK_SECRET_KEY.',
  },
  {
    name: 'CLERK_SECRET_KEY',
    group: 'Clerk',
    required: true,
    about:
      "sk_live_… of the dashboard's API keys: reads, changes and deletes people by Clerk's API, and verifies tokens by JWKS where CLERK_JWT_KEY is not set. Neither in development: tokens are signed by a local key.",
  },
  {
    name: 'CLERK_PUBLISHABLE_KEY',
    group: 'Clerk',
    about: 'pk_live_… of the same page. The issuer is read from it where CLERK_ISSUER is not set.',
  },
  {
    name: 'CLERK_ISSUER',
    group: 'Clerk',
    required: true,
    about: "The instance's frontend API, https://clerk.example.com: the only accepted issuer of tokens.",
  },
  {
    name: 'CLERK_AUTHORIZED_PARTIES',
    group: 'Clerk',
    required: true,
    about: 'Comma-separated origins of your front ends; a token made for another one is refused.',
  },
  {
    name: 'CLERK_REQUIRE_AZP',
    group: 'Clerk',
    default: 'true',
    about: 'false accepts tokens without an authorized party, as native apps send them.',
  },
  {
    name: 'CLERK_WEBHOOK_SECRET',
    group: 'Clerk',
    required: true,
    about:
      "whsec_… of the dashboard's webhook endpoint (PUBLIC_URL/webhooks/clerk, events user.created, user.updated and user.deleted). Comma-separated while a new secret replaces an old one. Not set: that address answers 503.",
  },
  {
    name: 'CLERK_API_URL',
    group: 'Clerk',
    default: 'https://api.clerk.com',
    about: "Clerk's Backend API; another address for tests.",
  },
  {
    name: 'ADMIN_CLERK_IDS',
    group: 'Clerk',
    about: 'Comma-separated Clerk user ids (user_…) of people who are admins.',
  },
  {
    name: 'REVENUECAT_API_KEY',
    group: 'RevenueCat',
    about:
      'A secret key of API v1: reads customers after each webhook, and cancels at Google. Not set: plans follow from the webhooks alone.',
  },
  {
    name: 'REVENUECAT_API_KEY_V2',
    group: 'RevenueCat',
    about:
      'A secret key of API v2 that may read and write subscriptions: cancels what was bought on the web. Goes with REVENUECAT_PROJECT_ID.',
  },
  { name: 'REVENUECAT_PROJECT_ID', group: 'RevenueCat', about: 'proj… of the project, for API v2.' },
  {
    name: 'REVENUECAT_API_URL',
    group: 'RevenueCat',
    default: 'https://api.revenuecat.com',
    about: "RevenueCat's API; another address for tests.",
  },
  {
    name: 'REVENUECAT_WEBHOOK_AUTHORIZATION',
    group: 'RevenueCat',
    about:
      "The Authorization header value of the dashboard's webhook (PUBLIC_URL/webhooks/revenuecat), whole, at least 16 characters. Comma-separated while a new one replaces an old one. Neither this nor REVENUECAT_WEBHOOK_SECRET: that address answers 503.",
  },
  {
    name: 'REVENUECAT_WEBHOOK_SECRET',
    group: 'RevenueCat',
    about:
      'The signing secret (HMAC) of the same webhook, comma-separated likewise. Where both are set, both must be right.',
  },
  {
    name: 'REVENUECAT_WEB_PURCHASE_LINK',
    group: 'RevenueCat',
    about:
      'The web purchase link, https://pay.rev.cat/… or its token: where people buy on the web. Needs REVENUECAT_API_KEY. Not set: nothing is sold on the web.',
  },
  {
    name: 'REVENUECAT_SANDBOX_USERS',
    group: 'RevenueCat',
    about:
      'Comma-separated ids of testers (ours, Clerk’s or RevenueCat’s) whose sandbox purchases count in production. Everybody else’s do not.',
  },
  {
    name: 'R2_ACCOUNT_ID',
    group: 'R2',
    required: true,
    about:
      'The Cloudflare account; it makes the endpoint where R2_ENDPOINT is not set. No R2 variable at all in development: an embedded R2 is started.',
  },
  {
    name: 'R2_ACCESS_KEY_ID',
    group: 'R2',
    aliases: ['R2_ACCESS_KEY'],
    required: true,
    about: 'Of an R2 API token with Object Read & Write on the bucket.',
  },
  {
    name: 'R2_SECRET_ACCESS_KEY',
    group: 'R2',
    aliases: ['R2_SECRET_KEY'],
    required: true,
    about: 'Of the same token.',
  },
  { name: 'R2_BUCKET_NAME', group: 'R2', required: true, about: 'The private bucket of uploads.' },
  {
    name: 'R2_ENDPOINT',
    group: 'R2',
    about: 'Another S3 endpoint. Default: https://R2_ACCOUNT_ID.r2.cloudflarestorage.com.',
  },
  {
    name: 'EMAIL_ENC_KEY',
    group: 'privacy',
    required: true,
    about:
      'Encrypts addresses and webhook bodies in the database: 32 bytes as base64url, from `npm run --silent cli -- crypto new-key`. Comma-separated, newest first: the first encrypts, all decrypt. Not set in development: a local key.',
  },
  {
    name: 'EMAIL_INDEX_KEY',
    group: 'privacy',
    required: true,
    about:
      'Another key of that kind, for the keyed hash by which addresses are found. It cannot be changed once people are there.',
  },
  {
    name: 'INBOX_RETENTION_DAYS',
    group: 'privacy',
    default: '30',
    about: 'How long webhook events are kept once they are processed.',
  },
  {
    name: 'SIGNUP_CREDITS',
    group: 'credits',
    default: '100',
    about: 'The gift for signing up, once a person and once in twelve months an address; 0 gives none.',
  },
  {
    name: 'PLANS_FILE',
    group: 'credits',
    about:
      'Another file of plans, limits and products than src/config/plans.json, which is the example: product ids differ per deployment. Checked at the start.',
  },
  {
    name: 'CORS_ORIGINS',
    group: 'front',
    aliases: ['ALLOWED_ORIGINS'],
    required: true,
    about: 'Comma-separated origins whose pages may call the API, exactly as browsers send them.',
  },
  {
    name: 'ALLOWED_HOSTS',
    group: 'front',
    required: true,
    about: 'Comma-separated host names under which the API may be called. Development adds localhost and 127.0.0.1.',
  },
  {
    name: 'TRUSTED_PROXIES',
    group: 'front',
    about:
      'Comma-separated addresses or networks of the proxies before the API (10.0.0.0/8), or loopback, linklocal, uniquelocal: their X-Forwarded-For says who asks. Behind a proxy that is not named here, everybody shares its rate limit.',
  },
  {
    name: 'PERSISTED_ONLY',
    group: 'front',
    default: 'false',
    about:
      'true runs the operations of operations/*.graphql only, by their hash (`npm run --silent cli -- operations manifest`), and refuses every other.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    group: 'traces',
    about:
      'A collector of OpenTelemetry traces, http://collector:4318: it gets OTLP as JSON at /v1/traces. Not set: no traces are made.',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    group: 'traces',
    about: 'What that collector wants to see, name=value, comma-separated and percent-encoded: the key of your vendor.',
  },
  { name: 'OTEL_SERVICE_NAME', group: 'traces', default: 'pacer', about: 'What the traces call this program.' },
  {
    name: 'OTEL_TRACES_SAMPLER',
    group: 'traces',
    default: 'parentbased_always_on',
    about:
      'Which traces are kept: always_on, always_off or traceidratio; with parentbased_ before it, what came in with a traceparent is kept as that says.',
  },
  {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    group: 'traces',
    default: '1',
    about: 'The share that traceidratio keeps, 0 to 1.',
  },
] as const satisfies readonly Variable[]

export type VariableName = (typeof variables)[number]['name']

/** The text of `.env.example`. */
export function renderExample(): string {
  const lines = [
    '# Everything that Pacer reads from its environment. Copy to .env and fill in what you need: in development nothing',
    '# is needed at all. Made from src/config/variables.ts by `npm run check:env -- --write`.',
  ]
  let group = ''
  for (const variable of variables as readonly Variable[]) {
    if (variable.group !== group) {
      group = variable.group
      lines.push('', `# ---- ${group}`)
    }
    const notes = [
      variable.about,
      variable.required ? 'Required in production.' : '',
      variable.aliases ? `Also read: ${variable.aliases.join(', ')}.` : '',
    ].filter(Boolean)
    lines.push('', `# ${notes.join(' ')}`, `#${variable.name}=${variable.default ?? ''}`)
  }
  return `${lines.join('\n')}\n`
}
