import { builder } from '../../../graphql/builder.ts'
import { ownedByUser } from '../../../graphql/owned.ts'

const CreditTransactionKind = builder.enumType('CreditTransactionKind', {
  description: 'What happened to credits.',
  values: {
    GRANT: { description: 'Given: a gift, or the credits of a plan.' },
    PURCHASE: { description: 'Bought.' },
    SPEND: { description: 'Spent.' },
    HOLD: { description: 'Set aside for work that has begun.' },
    CAPTURE: { description: 'Spent from what was set aside.' },
    RELEASE: { description: 'Given back from what was set aside.' },
    REFUND: { description: 'A spending given back.' },
    EXPIRY: { description: 'Lapsed.' },
    REVOCATION: { description: 'Taken back, such as when a purchase was refunded.' },
  } as const,
})

export const CreditTransactionNode = builder.prismaNode('CreditTransaction', {
  ...ownedByUser,
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'Something that happened to your credits. It is never changed.',
  fields: (t) => ({
    kind: t.expose('kind', { type: CreditTransactionKind, description: 'What happened.' }),
    amount: t.exposeInt('amount', {
      description: 'What it did to the balance; negative when spent or held, 0 for a capture of what was held.',
    }),
    balanceAfter: t.exposeInt('balanceAfter', { description: 'The balance that it left.' }),
    description: t.exposeString('description', { description: "For people: 'Sign-up gift', 'Video: Sunrise'." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When what is left of a grant lapses.',
    }),
  }),
})
