import { builder } from '../../../../graphql/builder.ts'
import type { Entitlement } from '../entitlements-of.ts'

export const EntitlementType = builder.objectRef<Entitlement>('Entitlement').implement({
  description: 'Something that a subscription gives access to.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'The identifier of the entitlement, as used in the products. Example: pro.',
    }),
    active: t.exposeBoolean('active', { description: 'Whether the user has the entitlement now.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When the entitlement ends unless the subscription is renewed. Null for lifetime access, and when inactive.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why the entitlement is inactive, as a sentence for users. Null when active.',
    }),
  }),
})
