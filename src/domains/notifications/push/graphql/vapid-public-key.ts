import { builder } from '../../../../graphql/builder.ts'
import { notifications } from '../../services.ts'

builder.queryField('vapidPublicKey', (t) =>
  t.string({
    nullable: true,
    description:
      'The key with which browsers subscribe to push messages (`applicationServerKey`). Null if this server sends none to browsers.',
    resolve: (_root, _args, { services }) => services(notifications).vapidPublicKey,
  }),
)
