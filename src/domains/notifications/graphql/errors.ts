import { builder } from '../../../graphql/builder.ts'
import { ErrorInterface, errorFields } from '../../../graphql/error-types.ts'
import { ChannelUnavailable } from '../errors.ts'

builder.objectType(ChannelUnavailable, {
  name: 'ChannelUnavailableError',
  description: 'The channel cannot be used for this user. The message says which setting is missing, or what to do.',
  interfaces: [ErrorInterface],
  fields: errorFields<ChannelUnavailable>('CHANNEL_UNAVAILABLE'),
})
