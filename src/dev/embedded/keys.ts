import { createHmac } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { PrivacyConfig } from '../../config/config.ts'
import { newKey } from '../../platform/encryption/encryptor.ts'
import { makeFolderOnce } from './make-folder-once.ts'
import { openFolder } from './open-folder.ts'

export interface DevelopmentKeys {
  readonly privacy: PrivacyConfig
  /** Signs the sample webhooks of Clerk that `webhooks send` sends. */
  readonly webhookSecret: string
  /** Signs the sample webhooks of RevenueCat. */
  readonly purchaseWebhookSecret: string
}

const file = z.object({ encryptionKey: z.string(), indexKey: z.string(), webhookKey: z.string() })

/** The keys of a development database, created once in `<dataDir>/keys` and kept beside the data that they encrypt. */
export async function developmentKeys(dataDir: string): Promise<DevelopmentKeys> {
  const folder = join(await openFolder(dataDir), 'keys')
  await makeFolderOnce({ folder, requiredFile: 'keys.json', fill: makeKeys })
  const keys = file.parse(JSON.parse(await readFile(join(folder, 'keys.json'), 'utf8')))
  return {
    privacy: { encryptionKeys: [keys.encryptionKey], indexKey: keys.indexKey },
    // Derived from the other secret, so that existing data folders have it too.
    purchaseWebhookSecret: createHmac('sha256', keys.webhookKey).update('revenuecat').digest('base64url'),
    webhookSecret: `whsec_${Buffer.from(keys.webhookKey, 'base64url').toString('base64')}`,
  }
}

async function makeKeys(folder: string): Promise<void> {
  const keys = { encryptionKey: newKey(), indexKey: newKey(), webhookKey: newKey() }
  await writeFile(join(folder, 'keys.json'), JSON.stringify(keys), { mode: 0o600, flag: 'wx' })
}
