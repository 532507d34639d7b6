import { builder } from '../../../graphql/builder.ts'
import { parseId } from '../../../graphql/ids.ts'
import { Forbidden, IdempotencyConflict, NotFound } from '../../../platform/errors.ts'
import { grantByAdmin } from '../grant-by-admin.ts'
import type { Posted } from '../post.ts'
import { CreditTransactionNode } from './credit-transaction.ts'

const GrantCreditsInput = builder.inputType('GrantCreditsInput', {
  description: 'Credits for somebody, and why.',
  fields: (t) => ({
    userId: t.id({ required: true, description: "The person's global id." }),
    amount: t.int({ required: true, description: 'How many, 1 or more.' }),
    reason: t.string({
      required: true,
      description: 'Why, for the record: 1 to 500 characters. The person reads it too.',
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'When what is left of them lapses; never, when left out.' }),
    idempotencyKey: t.string({
      required: true,
      description: '1 to 200 printable characters: the same key gives the same grant, for ever.',
    }),
  }),
})

const GrantCreditsPayload = builder.objectRef<Posted>('GrantCreditsPayload').implement({
  description: 'Credits that were given.',
  fields: (t) => ({
    user: t.prismaField({
      type: 'User',
      description: 'Who got them.',
      resolve: (query, { userId }, _args, { db }) =>
        db.prisma.user.findUniqueOrThrow({ ...query, where: { id: userId } }),
    }),
    transaction: t.prismaField({
      type: CreditTransactionNode,
      description: 'The grant.',
      resolve: (query, { id }, _args, { db }) =>
        db.prisma.creditTransaction.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('grantCredits', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: GrantCreditsPayload,
    nullable: true,
    rate: null,
    description: 'Gives somebody credits. Admins only; who, when and why is recorded.',
    errors: {
      types: [NotFound, Forbidden, IdempotencyConflict],
      union: { description: 'The credits that were given, or why they were not.' },
    },
    args: { input: t.arg({ type: GrantCreditsInput, required: true, description: 'How many, to whom and why.' }) },
    resolve: (_root, { input }, { viewer, db, clock }) => {
      if (!viewer.isAdmin) throw new Forbidden('give credits')
      const { amount, reason, expiresAt, idempotencyKey } = input
      const userId = parseId('User', input.userId, ['input', 'userId'])
      const wish = { userId, amount, reason, expiresAt: expiresAt ?? null, key: idempotencyKey }
      return db.transaction((tx) => grantByAdmin(tx, { actorId: viewer.user.id, ...wish, now: clock() }))
    },
  }),
)
