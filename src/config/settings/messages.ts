import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { boolean } from '../value-schemas.ts'

const keyOf = (bytes: number) =>
  z
    .string()
    .refine(
      (text) => /^[\w-]+$/.test(text) && Buffer.from(text, 'base64url').length === bytes,
      `must be the base64url of ${bytes} bytes`,
    )

/** The channels of notifications beside the inbox. A channel whose variables are not set is not offered. */
export const messages = {
  title: 'Notifications',
  settings: {
    VAPID_PUBLIC_KEY: {
      schema: keyOf(65),
      secret: false,
      description:
        'With which browsers subscribe to push messages. `npm run cli -- notifications vapid-keys` makes both keys; another key ends all subscriptions. Not set: no push messages to browsers.',
    },
    VAPID_PRIVATE_KEY: {
      schema: keyOf(32),
      secret: true,
      description: 'Signs the requests to push services. Belongs to VAPID_PUBLIC_KEY.',
    },
    VAPID_SUBJECT: {
      schema: z.string().regex(/^(mailto:\S+@\S+|https:\/\/\S+)$/, 'must be mailto:you@example.com or an https URL'),
      secret: false,
      description: 'Where push services reach the operator: mailto:you@example.com, or an https URL.',
    },
    WEB_PUSH_ALLOW_LOOPBACK: {
      schema: boolean,
      default: 'false',
      secret: false,
      description:
        'Whether endpoints of browsers may be http URLs at loopback addresses, for tests of a front end. Has no effect in production.',
    },
  },
} as const satisfies SettingGroup
