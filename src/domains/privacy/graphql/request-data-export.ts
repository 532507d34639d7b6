import type { DataExport } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { requestDataExport } from '../commands/request-data-export.ts'
import { privacy } from '../services.ts'
import { DataExportNode } from './data-export.ts'

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
      'Starts an export of all data stored about you as a ZIP file. While an export is being created, or is less than an hour old, that export is returned instead.',
    errors: { union: { description: 'The data export or an error.' } },
    resolve: async (_root, _args, { viewer, services }) => ({
      export: await requestDataExport(services(privacy), viewer),
    }),
  }),
)
