import { builder } from '../../../graphql/builder.ts'
import type { Entitlement } from '../entitlements-of.ts'

export const EntitlementType = builder.objectRef<Entitlement>('Entitlement').implement({
  description: 'Something that a subscription lets people do.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'Its name, as in the products: pro.' }),
    active: t.exposeBoolean('active', { description: 'Whether the person has it now.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends unless it is renewed; null for lifetime, and when inactive.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why not, when inactive: a sentence for people.',
    }),
  }),
})
