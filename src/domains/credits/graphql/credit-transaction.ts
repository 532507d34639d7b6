import type { CreditTransaction } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { requestLoader } from '../../../graphql/request-loader.ts'
import { readsColumns } from '../../../graphql/selected-columns.ts'
import { readTexts } from '../../users/index.ts'

type DescribedRow = Pick<CreditTransaction, 'userId' | 'description' | 'textId'>

/** Loads the personal texts of all transactions in a response in one statement. A key is 'user text'. */
const textLoader = requestLoader<string | null>(({ db }, keys) => {
  const refs = keys.map((key) => key.split(' ')).map(([userId = '', textId = '']) => ({ userId, textId }))
  return readTexts(db.prisma, refs)
})

const CreditTransactionKind = builder.enumType('CreditTransactionKind', {
  description: 'The kind of credit transaction.',
  values: {
    GRANT: { description: 'Credits were granted, as a gift or by a plan.' },
    PURCHASE: { description: 'Credits were bought.' },
    SPEND: { description: 'Credits were spent.' },
    HOLD: { description: 'Credits were reserved for work that has started.' },
    CAPTURE: { description: 'Held credits were spent.' },
    RELEASE: { description: 'Held credits were returned to the balance.' },
    REFUND: { description: 'Spent credits were returned.' },
    EXPIRY: { description: 'Credits expired.' },
    REVOCATION: { description: 'Credits were taken back, for example after the refund of a purchase.' },
  } as const,
})

export const CreditTransactionNode = builder.prismaNode('CreditTransaction', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: "A change to a user's credits. Transactions are never modified.",
  fields: (t) => ({
    kind: t.expose('kind', { type: CreditTransactionKind, description: 'The kind of transaction.' }),
    amount: t.exposeInt('amount', {
      description:
        'The change to the balance. Negative when credits are spent or held, 0 when held credits are captured.',
    }),
    balanceAfter: t.exposeInt('balanceAfter', { description: 'The balance after the transaction.' }),
    description: t.string({
      nullable: true,
      description:
        "A description for users. Examples: 'Sign-up gift', 'Video: Sunrise'. Null where it was erased with the user's account.",
      ...readsColumns<DescribedRow, [unknown, Context], string | Promise<string | null>>(
        { userId: true, description: true, textId: true },
        ({ userId, description, textId }, _args, context) =>
          textId === null ? description : textLoader(context).load(`${userId} ${textId}`),
      ),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the transaction took place.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the unused credits of a grant expire.',
    }),
  }),
})
