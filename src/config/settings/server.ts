import { resolve } from 'node:path'
import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { boolean, host, httpUrl, list, listOf, oneOf, origin, port, proxy, wholeNumber } from '../value-schemas.ts'

/** The process and the HTTP API. */
export const server = {
  title: 'Server',
  settings: {
    NODE_ENV: {
      schema: oneOf('development', 'production', 'test'),
      default: 'development',
      secret: false,
      aliases: ['ENV'],
      description:
        'development or production. Production embeds nothing, and does not start when a required variable is missing. test is the same as development.',
    },
    DEPLOYMENT: {
      schema: oneOf('production', 'staging'),
      default: 'production',
      secret: false,
      description:
        "production or staging, where NODE_ENV is production. staging has the same rules, and also counts purchases from the stores' test environments.",
    },
    HOST: {
      schema: z.string(),
      default: '127.0.0.1',
      secret: false,
      property: 'host',
      description: 'The address to listen on. Use 0.0.0.0 in a container.',
    },
    PORT: {
      schema: port,
      default: '4000',
      secret: false,
      property: 'port',
      description: 'The port of the API. 0 takes any free port.',
    },
    WEB_CONCURRENCY: {
      schema: wholeNumber(1, 64),
      default: '1',
      secret: false,
      property: 'webConcurrency',
      description:
        'How many API processes `api` and `all` run on this host. They share PORT. Each has its own metrics port: METRICS_PORT and the ports after it.',
    },
    PUBLIC_URL: {
      schema: httpUrl,
      secret: false,
      aliases: ['DOMAIN_BASE_URL'],
      description: 'The URL at which clients reach the API. Not set: http://HOST:PORT.',
    },
    CORS_ORIGINS: {
      schema: listOf(origin),
      default: 'http://localhost:3000',
      requiredInProduction: true,
      secret: false,
      aliases: ['ALLOWED_ORIGINS'],
      property: 'corsOrigins',
      description:
        'Comma-separated origins whose pages and web views may call the API, such as https://app.example.com, capacitor://localhost, ionic://localhost, tauri://localhost or chrome-extension://ID. Development also allows every port of localhost.',
    },
    ALLOWED_HOSTS: {
      schema: listOf(host).refine((hosts) => hosts.length > 0, 'must name at least one host'),
      requiredInProduction: true,
      secret: false,
      description:
        'Comma-separated host names under which the API may be called. Development also allows localhost, 127.0.0.1 and [::1]. For a tunnel, such as ngrok or cloudflared, set it to the host of the tunnel.',
    },
    TRUSTED_PROXIES: {
      schema: listOf(proxy),
      default: '',
      secret: false,
      property: 'trustedProxies',
      description:
        "Comma-separated addresses or networks of the proxies in front of the API, such as 10.0.0.0/8, or loopback, linklocal or uniquelocal. The client's address is read from their X-Forwarded-For header. All clients of a proxy that is not listed share one rate limit.",
    },
    PERSISTED_ONLY: {
      schema: boolean,
      default: 'false',
      secret: false,
      property: 'persistedOnly',
      description:
        'true: only the operations of operations/*.graphql and of PERSISTED_MANIFESTS are executed, sent by their hash or as the same text (`npm run --silent cli -- operations manifest`). All others are refused.',
    },
    PERSISTED_MANIFESTS: {
      schema: list,
      default: '',
      secret: false,
      property: 'persistedManifests',
      description:
        'Comma-separated paths of manifests of front ends: the operations in them can be sent by their id. Each is a file of @apollo/generate-persisted-query-manifest, of the Relay compiler (persistConfig) or of the client preset of GraphQL Code Generator (persisted-documents.json). Files are read at the start.',
    },
    CRON_SECRET: {
      schema: z.string().min(32, 'must have at least 32 characters'),
      secret: true,
      property: 'cronSecret',
      description:
        'The bearer token, of at least 32 characters, with which an external cron calls POST /cron/tick. That request queues the scheduled jobs that are due, for hosts that suspend idle processes. Not set: /cron/tick answers 503.',
    },
    DATA_DIR: {
      schema: z.string().transform((folder) => resolve(folder)),
      default: '.data',
      secret: false,
      property: 'dataDir',
      description: 'Development only: the folder of the embedded database and bucket.',
    },
  },
} as const satisfies SettingGroup
