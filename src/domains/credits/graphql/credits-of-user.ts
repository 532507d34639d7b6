import type { CreditTransaction } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { Forbidden } from '../../../platform/errors.ts'
import { type LapsingCredits, lapsingOf } from '../balance.ts'
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
  { name: 'CreditTransactionEdge', description: 'A credit transaction in a list.' },
)

const page = pageOfRelation('creditTransactions', (_args: PageArgs) => ({ where: {}, order: newestFirst }))

const LapsingCreditsType = builder.objectRef<LapsingCredits>('LapsingCredits').implement({
  description: 'Credits that lapse together.',
  fields: (t) => ({
    amount: t.exposeInt('amount', { description: 'How many are left.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'From this instant on they can be neither spent nor seen.',
    }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  creditBalance: t.int({
    description: 'How many credits there are to spend now.',
    resolve: ({ id }, _args, context) => balanceLoader(context).load(id),
  }),
  creditsOwed: t.int({
    nullable: true,
    description:
      'How many credits were taken back after they were spent, and are still owed. Admins only: for others an error, and null.',
    resolve: ({ id }, _args, context) => {
      if (!context.viewer?.isAdmin) throw new Forbidden('see what is owed')
      return debtLoader(context).load(id)
    },
  }),
  lapsingCredits: t.field({
    type: [LapsingCreditsType],
    description: 'What of the balance lapses when, the soonest first.',
    resolve: ({ id }, _args, { db, clock }) => lapsingOf(db.prisma, id, clock()),
  }),
  creditTransactions: t.field({
    type: CreditTransactionConnection,
    description: 'Everything that happened to the credits, newest first.',
    args: pageArgs(t.arg),
    extensions: page.extensions,
    resolve: (user, args) => page.connect<CreditTransaction>(user, args),
  }),
}))
