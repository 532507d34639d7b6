import type { DataExport } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { perHour } from '../../../graphql/limits/mutation-rate.ts'
import { requestDataExport } from '../request-data-export.ts'
import { DataExportNode } from './data-export.ts'

const RequestDataExportPayload = builder
  .objectRef<{ readonly export: DataExport }>('RequestDataExportPayload')
  .implement({
    description: 'A data export that is being made, or is there.',
    fields: (t) => ({ export: t.expose('export', { type: DataExportNode, description: 'The data export.' }) }),
  })

builder.mutationField('requestDataExport', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: RequestDataExportPayload,
    nullable: true,
    rate: perHour(30),
    description:
      'Has everything that is held about you gathered in a ZIP file. While one is being made, or is less than an hour old, it is answered again.',
    errors: { union: { description: 'The data export, or why there is none.' } },
    resolve: async (_root, _args, { viewer, db, clock }) => ({
      export: await db.transaction((tx) => requestDataExport(tx, { userId: viewer.user.id, now: clock() })),
    }),
  }),
)
