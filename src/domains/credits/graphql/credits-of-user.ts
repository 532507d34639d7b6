import type { CreditTransaction } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { Forbidden } from '../../../platform/errors.ts'
import { creditMessages } from '../messages.ts'
import { type ExpiringCredits, expiringOf } from '../queries/balance.ts'
import { balanceLoader, debtLoader } from './balances.ts'
import { CreditTransactionNode } from './credit-transaction.ts'

const newestFirst: Order<'sequence'> = {
  name: 'creditTransactions',
  column: 'sequence',
  direction: 'desc',
  kind: 'number',
}

const CreditTransactionConnection = builder.connectionObject(
  { type: CreditTransactionNode, name: 'CreditTransactionConnection', description: 'A page of credit transactions.' },
  { name: 'CreditTransactionEdge', description: 'A credit transaction in a connection.' },
)

const page = pageOfRelation('creditTransactions', (_args: PageArgs) => ({ where: {}, order: newestFirst }))

const LapsingCreditsType = builder.objectRef<ExpiringCredits>('LapsingCredits').implement({
  description: 'Credits that expire at the same time.',
  fields: (t) => ({
    amount: t.exposeInt('amount', { description: 'The number of credits left.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the credits expire. From then on they cannot be spent and are not part of the balance.',
    }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  creditBalance: t.int({
    description: 'The number of credits available to spend now.',
    resolve: ({ id }, _args, context) => balanceLoader(context).load(id),
  }),
  creditsOwed: t.int({
    nullable: true,
    description:
      'The number of credits that were revoked after they had been spent and are still owed. Admins only: other users get null and an error.',
    resolve: ({ id }, _args, context) => {
      if (!context.viewer?.isAdmin) throw new Forbidden(creditMessages.onlyAdminsSeeOwed())
      return debtLoader(context).load(id)
    },
  }),
  lapsingCredits: t.field({
    type: [LapsingCreditsType],
    description: 'The credits in the balance that expire, grouped by time of expiry, earliest first.',
    resolve: ({ id }, _args, { db, clock }) => expiringOf(db.prisma, id, clock()),
  }),
  creditTransactions: t.field({
    type: CreditTransactionConnection,
    description: 'All credit transactions, newest first.',
    args: pageArgs(t.arg),
    extensions: page.extensions,
    resolve: (user, args) => page.connect<CreditTransaction>(user, args),
  }),
}))
