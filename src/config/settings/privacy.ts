import type { SettingGroup } from '../setting.ts'
import { encryptionKey, listOf, wholeNumber } from '../value-schemas.ts'

export const privacy = {
  title: 'Privacy',
  settings: {
    EMAIL_ENC_KEY: {
      schema: listOf(encryptionKey).refine((keys) => keys.length > 0, 'must contain at least one key'),
      requiredInProduction: true,
      secret: true,
      description:
        'Encrypts email addresses and webhook bodies in the database: 32 bytes as base64url, from `npm run --silent cli -- crypto new-key`. Comma-separated, newest first: the first key encrypts, all of them decrypt. Not set in development: a local key.',
    },
    EMAIL_INDEX_KEY: {
      schema: encryptionKey,
      requiredInProduction: true,
      secret: true,
      description:
        'Another key of the same form, for the keyed hash by which email addresses are found. It cannot be changed once there are users. Not set in development: a local key.',
    },
    INBOX_RETENTION_DAYS: {
      schema: wholeNumber(1, 3_650),
      default: '30',
      secret: false,
      property: 'inboxRetentionDays',
      description: 'For how many days webhook events are kept after they were processed.',
    },
  },
} as const satisfies SettingGroup
