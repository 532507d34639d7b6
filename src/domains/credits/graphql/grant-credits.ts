import { builder } from '../../../graphql/builder.ts'
import { parseInputId } from '../../../graphql/ids.ts'
import { checkAll, Forbidden, IdempotencyConflict, NotFound } from '../../../platform/errors.ts'
import { findUser } from '../../users/index.ts'
import { checkGrant, grantByAdmin } from '../commands/grant-by-admin.ts'
import type { Posted } from '../commands/post.ts'
import { creditMessages } from '../messages.ts'
import { credits } from '../services.ts'
import { CreditTransactionNode } from './credit-transaction.ts'

const GrantCreditsInput = builder.inputType('GrantCreditsInput', {
  description: 'The credits to grant, and the reason.',
  fields: (t) => ({
    userId: t.id({ required: true, description: "The user's global ID." }),
    amount: t.int({ required: true, description: 'The number of credits, 1 or more.' }),
    reason: t.string({
      required: true,
      description: 'The reason, 1 to 500 characters. It is recorded in the audit log and shown to the user.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When the unused credits expire. If omitted, they do not expire.',
    }),
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters. The same key always returns the same grant, and is refused with another user, amount, reason or expiry. It does not expire.',
    }),
  }),
})

const GrantCreditsPayload = builder.objectRef<Posted>('GrantCreditsPayload').implement({
  description: 'Returned when the credits were granted.',
  fields: (t) => ({
    user: t.prismaField({
      type: 'User',
      description: 'The user who received the credits.',
      resolve: (query, { userId }, _args, { db }) => findUser(db.prisma, query, userId),
    }),
    transaction: t.prismaField({
      type: CreditTransactionNode,
      description: 'The transaction of the grant.',
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
    description:
      'Grants credits to a user. Admins only. The admin, the time and the reason are recorded in the audit log.',
    errors: {
      types: [NotFound, Forbidden, IdempotencyConflict],
      union: { description: 'The granted credits or an error.' },
    },
    args: {
      input: t.arg({
        type: GrantCreditsInput,
        required: true,
        description: 'The user, the number of credits and the reason.',
      }),
    },
    resolve: (_root, { input }, { viewer, services, clock }) => {
      if (!viewer.isAdmin) throw new Forbidden(creditMessages.onlyAdminsGrant())
      const { amount, reason, expiresAt, idempotencyKey } = input
      const grant = { amount, reason, expiresAt: expiresAt ?? null, key: idempotencyKey }
      const { userId } = checkAll({
        userId: () => parseInputId('User', input.userId, 'userId'),
        grant: () => checkGrant(grant, clock()),
      })
      return grantByAdmin(services(credits), viewer, { userId, ...grant })
    },
  }),
)
