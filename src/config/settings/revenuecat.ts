import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { apiKey, httpUrl, list, listOf } from '../value-schemas.ts'

const webhookSecrets = listOf(z.string().min(16, 'must have at least 16 characters'))

const purchaseLink = z
  .string()
  .transform((text) => text.replace(/^https:\/\/pay\.rev\.cat\//i, '').replace(/\/$/, ''))
  .refine((token) => /^[A-Za-z0-9_-]+$/.test(token), 'must be https://pay.rev.cat/ followed by a token, or the token')

export const revenueCat = {
  title: 'RevenueCat',
  settings: {
    REVENUECAT_API_KEY: {
      schema: apiKey,
      secret: true,
      description:
        'A secret key of API v1. Reads customers after each webhook, and cancels subscriptions at Google. Not set: plans are computed from the webhooks alone.',
    },
    REVENUECAT_API_KEY_V2: {
      schema: apiKey,
      secret: true,
      description:
        'A secret key of API v2 that may read and write subscriptions. Cancels subscriptions that were bought on the web. Needs REVENUECAT_PROJECT_ID.',
    },
    REVENUECAT_PROJECT_ID: {
      schema: z.string().regex(/^[A-Za-z0-9_-]+$/, 'must be the id of a project, such as proj1ab2c3d4'),
      secret: false,
      description: 'The id of the project (proj…), for API v2. Needs REVENUECAT_API_KEY_V2.',
    },
    REVENUECAT_API_URL: {
      schema: httpUrl,
      default: 'https://api.revenuecat.com',
      secret: false,
      description: "The URL of RevenueCat's API. Tests set another one.",
    },
    REVENUECAT_WEBHOOK_AUTHORIZATION: {
      schema: webhookSecrets,
      default: '',
      secret: true,
      description:
        'The complete value of the Authorization header that the webhook sends (dashboard, Integrations, Webhooks; URL PUBLIC_URL/webhooks/revenuecat), at least 16 characters. Comma-separated while a new value replaces an old one. Neither this nor REVENUECAT_WEBHOOK_SECRET set: /webhooks/revenuecat answers 503.',
    },
    REVENUECAT_WEBHOOK_SECRET: {
      schema: webhookSecrets,
      default: '',
      secret: true,
      description:
        'The signing secret (HMAC) of the same webhook, at least 16 characters. Comma-separated while a new secret replaces an old one. Where both variables are set, a webhook must satisfy both.',
    },
    REVENUECAT_WEB_PURCHASE_LINK: {
      schema: purchaseLink,
      secret: false,
      description:
        'The web purchase link, https://pay.rev.cat/…, or its token. Needs REVENUECAT_API_KEY. Not set: nothing is sold on the web.',
    },
    REVENUECAT_SANDBOX_USERS: {
      schema: list,
      default: '',
      secret: false,
      description:
        'Comma-separated ids of testers (of Pacer, Clerk or RevenueCat) whose sandbox purchases count in production. Those of all other users do not.',
    },
  },
} as const satisfies SettingGroup
