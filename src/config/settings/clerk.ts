import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { apiKey, authorizedParty, boolean, httpUrl, list, listOf, oneOf } from '../value-schemas.ts'

const publicKey = z
  .string()
  .transform((pem) => pem.replaceAll('\\n', '\n'))
  .refine((pem) => pem.includes('-----BEGIN PUBLIC KEY-----'), 'must be a public key in PEM format')

const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{16,}={0,2}$/, 'must be whsec_ followed by base64, as the dashboard shows it')

export const clerk = {
  title: 'Clerk',
  settings: {
    CLERK_JWT_KEY: {
      schema: publicKey,
      secret: false,
      description:
        'The public key, in PEM format, that verifies session tokens without a request to Clerk (dashboard, API keys, JWKS public key). Not set: the keys are fetched with CLERK_SECRET_KEY.',
    },
    CLERK_SECRET_KEY: {
      schema: apiKey.refine((key) => key.startsWith('sk_'), 'must start with sk_'),
      requiredInProduction: true,
      secret: true,
      description:
        "sk_live_… (dashboard, API keys). Reads, changes and deletes users through Clerk's API, and fetches the keys that verify session tokens where CLERK_JWT_KEY is not set. Neither of them set in development: a local key signs and verifies tokens.",
    },
    CLERK_PUBLISHABLE_KEY: {
      schema: z.string().startsWith('pk_', 'must start with pk_'),
      secret: false,
      description:
        'pk_live_… (dashboard, API keys). It contains the issuer, which is used where CLERK_ISSUER is not set.',
    },
    CLERK_ISSUER: {
      schema: httpUrl,
      requiredInProduction: true,
      secret: false,
      description:
        'The Frontend API URL of the Clerk instance, such as https://clerk.example.com. Tokens of any other issuer are refused. Not needed where CLERK_PUBLISHABLE_KEY is set.',
    },
    CLERK_AUTHORIZED_PARTIES: {
      schema: listOf(authorizedParty),
      default: 'http://localhost:3000',
      requiredInProduction: true,
      secret: false,
      description:
        'Comma-separated origins of your front ends. Tokens that were issued for any other origin are refused.',
    },
    CLERK_REQUIRE_AZP: {
      schema: boolean,
      default: 'true',
      secret: false,
      description: 'false: tokens without an authorized party are accepted. Native apps send such tokens.',
    },
    CLERK_REQUIRE_SID: {
      schema: boolean,
      default: 'true',
      secret: false,
      description:
        'false: tokens without a session (sid) are accepted, such as those of JWT templates. They stay valid until they expire, also after the user has signed out.',
    },
    CLERK_IMPERSONATION: {
      schema: oneOf('refuse', 'read', 'write'),
      default: 'read',
      secret: false,
      description:
        'What a token with an actor (act) may do, with which an operator acts as a user. refuse: nothing. read: queries and subscriptions. write: mutations too. Each operation is recorded in the audit log.',
    },
    CLERK_WEBHOOK_SECRET: {
      schema: listOf(webhookSecret),
      default: '',
      requiredInProduction: true,
      secret: true,
      property: 'clerkWebhookSecrets',
      description:
        'whsec_… of the webhook endpoint (dashboard, Webhooks; URL PUBLIC_URL/webhooks/clerk, events user.created, user.updated and user.deleted). Comma-separated while a new secret replaces an old one. Not set: /webhooks/clerk answers 503.',
    },
    CLERK_API_URL: {
      schema: httpUrl,
      default: 'https://api.clerk.com',
      secret: false,
      description: "The URL of Clerk's Backend API. Tests set another one.",
    },
    ADMIN_CLERK_IDS: {
      schema: list,
      default: '',
      secret: false,
      property: 'adminClerkIds',
      description: 'Comma-separated Clerk user ids (user_…) of the admins.',
    },
  },
} as const satisfies SettingGroup
