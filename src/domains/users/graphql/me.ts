import { builder } from '../../../graphql/builder.ts'
import { UserNode } from './user.ts'

builder.queryField('me', (t) =>
  t.field({
    type: UserNode,
    nullable: true,
    description: 'The signed-in user; null when nobody is.',
    // The row was read to see whether the person may sign in; relations are loaded below it in one more statement.
    resolve: (_root, _args, { viewer }) => viewer?.user,
  }),
)
