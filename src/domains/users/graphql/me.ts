import { builder } from '../../../graphql/builder.ts'
import { UserNode } from './user.ts'

builder.queryField('me', (t) =>
  t.field({
    type: UserNode,
    nullable: true,
    description: 'The signed-in user. Null if the request is not authenticated.',
    // The row was already read to authenticate the request. Its relations are loaded in one more statement.
    resolve: (_root, _args, { viewer }) => viewer?.user,
  }),
)
