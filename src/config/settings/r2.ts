import { z } from 'zod'
import type { SettingGroup } from '../setting.ts'
import { httpUrl } from '../value-schemas.ts'

export const r2 = {
  title: 'R2',
  settings: {
    R2_ACCOUNT_ID: {
      schema: z.string(),
      requiredInProduction: true,
      secret: false,
      description:
        'The id of the Cloudflare account. Not needed where R2_ENDPOINT is set. No R2 variable set in development: an embedded R2 is started.',
    },
    R2_ACCESS_KEY_ID: {
      schema: z.string(),
      requiredInProduction: true,
      secret: false,
      aliases: ['R2_ACCESS_KEY'],
      description: 'The access key id of an R2 API token with Object Read & Write on the bucket.',
    },
    R2_SECRET_ACCESS_KEY: {
      schema: z.string(),
      requiredInProduction: true,
      secret: true,
      aliases: ['R2_SECRET_KEY'],
      description: 'The secret access key of the same token.',
    },
    R2_BUCKET_NAME: {
      schema: z.string(),
      requiredInProduction: true,
      secret: false,
      description: 'The name of the private bucket for uploads.',
    },
    R2_ENDPOINT: {
      schema: httpUrl,
      secret: false,
      description: 'The URL of the S3 API. Not set: https://R2_ACCOUNT_ID.r2.cloudflarestorage.com.',
    },
  },
} as const satisfies SettingGroup
