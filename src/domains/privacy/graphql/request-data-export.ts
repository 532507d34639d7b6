import type { DataExport } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { requestDataExport } from '../commands/request-data-export.ts'
import { privacy } from '../services.ts'
import { DataExportNode } from './data-export.ts'

const RequestDataExportInput = builder.inputType('RequestDataExportInput', {
  description: 'The request of an export.',
  fields: (t) => ({
    idempotencyKey: t.string({
      required: true,
      description:
        '1 to 200 printable characters, unique for each new request. The same key returns the same export for 24 hours.',
    }),
  }),
})

const RequestDataExportPayload = builder
  .objectRef<{ readonly export: DataExport }>('RequestDataExportPayload')
  .implement({
    description: 'Returned when the export was started, or when a recent one exists.',
    fields: (t) => ({ export: t.expose('export', { type: DataExportNode, description: 'The data export.' }) }),
  })

builder.mutationField('requestDataExport', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: RequestDataExportPayload,
    nullable: true,
    rate: perHour(30),
    description:
      'Starts an export of all data stored about you as a ZIP file. While an export is being created, or is less than an hour old, that export is returned instead. Repeating the request with the same idempotency key returns the same export.',
    errors: { union: { description: 'The data export or an error.' } },
    args: {
      input: t.arg({
        type: RequestDataExportInput,
        required: true,
        description: 'The idempotency key of the request.',
      }),
    },
    resolve: async (_root, { input }, { viewer, services }) => ({
      export: await requestDataExport(services(privacy), viewer, input.idempotencyKey),
    }),
  }),
)
