import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { signingCost, validSeconds } from '../../../graphql/signed-url.ts'
import { formatMessage } from '../../../platform/messages/format-message.ts'
import { videoCreditsOf } from '../../billing/index.ts'
import type { TemplateInfo } from '../ports.ts'
import { missingSetting } from '../queries/template-terms.ts'
import { videos } from '../services.ts'
import { textsOfTemplate } from '../template-messages.ts'

const defaultFormat = 'PORTRAIT_9_16'

export const VideoTemplate = builder.objectRef<TemplateInfo>('VideoTemplate').implement({
  description: 'How a video looks, and what it is made of.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The key to request it with.' }),
    name: t.string({
      description: 'The name, in the language of the viewer.',
      resolve: ({ key }, _args, { localization }) => formatMessage(textsOfTemplate(key).name, localization()),
    }),
    description: t.string({
      description: 'A description, in the language of the viewer.',
      resolve: ({ key }, _args, { localization }) => formatMessage(textsOfTemplate(key).description, localization()),
    }),
    creditCost: t.int({
      description: 'What a video costs, in credits.',
      resolve: ({ key }, _args, { services }) => videoCreditsOf(services(videos).plans, key),
    }),
    width: t.int({
      description: 'The width of a video in the default format, in pixels.',
      resolve: (_template, _args, { services }) => services(videos).videoRenderer.sizeOf(defaultFormat).width,
    }),
    height: t.int({
      description: 'The height of a video in the default format, in pixels.',
      resolve: (_template, _args, { services }) => services(videos).videoRenderer.sizeOf(defaultFormat).height,
    }),
    available: t.boolean({
      description: 'Whether this server can make videos with it.',
      resolve: async (template, _args, { services }) => (await missingSetting(services(videos), template)) === null,
    }),
    unavailableReason: t.string({
      nullable: true,
      description: 'Which setting the server lacks. Null if the template is available.',
      resolve: (template, _args, { services }) => missingSetting(services(videos), template),
    }),
    poster: t.field({
      type: 'SignedDownload',
      nullable: true,
      description: 'A picture of a video with sample content. Null until the server has drawn it.',
      extensions: signingCost,
      args: {
        expiresInSeconds: t.arg.int({
          defaultValue: 300,
          description: 'How long the URL is valid, in seconds: 60 to 3600.',
        }),
      },
      resolve: ({ key }, args, { services, clock }) => {
        const validity = { now: clock(), seconds: validSeconds(args.expiresInSeconds) }
        return services(videos).templatePosters.sign(key, validity)
      },
    }),
  }),
})

builder.queryField('videoTemplates', (t) =>
  t.field({
    type: [VideoTemplate],
    description:
      'All templates of videos, also those that are not available on this server. Does not require authentication.',
    extensions: costing({ own: 1 }),
    resolve: (_root, _args, { services }) => [...services(videos).videoRenderer.templates],
  }),
)
