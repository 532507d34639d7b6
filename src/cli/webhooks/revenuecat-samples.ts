import { loadPlans } from '../../domains/billing/index.ts'
import type { Samples } from './samples.ts'

/** Sample purchase events of RevenueCat. */
export const revenueCatSamples: Samples = {
  path: '/webhooks/revenuecat',
  async make(settings, { id, ...input }) {
    const { purchaseSample } = await import('../../dev/samples/revenuecat-sample.ts')
    const { developmentKeys } = await import('../../dev/embedded/keys.ts')
    const { withLocalSecret } = await import('../../dev/embedded/stack.ts')
    const revenueCat = withLocalSecret(settings.revenueCat, await developmentKeys(settings.dataDir))
    const [authorization] = revenueCat.webhookAuthorizations
    const [secret] = revenueCat.webhookSecrets
    return purchaseSample({ authorization, secret }, loadPlans(settings.plansFile), { ...input, appUserId: id })
  },
  query: (_type, { id }) => (id === undefined ? '{ me { plan { tier } } }' : null),
}
