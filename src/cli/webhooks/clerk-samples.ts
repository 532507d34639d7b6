import type { Settings } from '../../config/config.ts'
import type { Samples } from './samples.ts'

/** Sample user events of Clerk. */
export const clerkSamples: Samples = {
  path: '/webhooks/clerk',
  async make(settings, { type, email, id, now }) {
    const { sampleDelivery } = await import('../../dev/samples/clerk-sample.ts')
    return sampleDelivery(await secretOf(settings), { type, email, clerkId: id, now })
  },
  query: (type, { id }) => (id === undefined && type.startsWith('user.') ? '{ me { name email } }' : null),
}

async function secretOf(settings: Settings): Promise<string> {
  const { developmentKeys } = await import('../../dev/embedded/keys.ts')
  const { webhookSecrets } = await import('../../dev/embedded/stack.ts')
  const [secret] = webhookSecrets(settings, await developmentKeys(settings.dataDir))
  if (secret) return secret
  throw new Error('CLERK_WEBHOOK_SECRET is not set, so the server accepts no webhooks of Clerk.')
}
