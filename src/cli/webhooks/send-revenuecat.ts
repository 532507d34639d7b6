import type { Samples } from './samples.ts'

/** Samples of what RevenueCat sends of purchases. */
export const revenueCatSamples: Samples = {
  path: '/webhooks/revenuecat',
  async make(settings, { id, ...wish }) {
    const { purchaseSample } = await import('../../dev/samples/revenuecat-sample.ts')
    const { developmentKeys } = await import('../../dev/embedded/keys.ts')
    const { withLocalSecret } = await import('../../dev/embedded/stack.ts')
    const revenueCat = withLocalSecret(settings.revenueCat, await developmentKeys(settings.dataDir))
    const [authorization] = revenueCat.webhookAuthorizations
    const [secret] = revenueCat.webhookSecrets
    return purchaseSample({ authorization, secret }, settings.plans, { ...wish, appUserId: id })
  },
  query: (_type, { id }) => (id === undefined ? '{ me { plan { tier } } }' : null),
}
