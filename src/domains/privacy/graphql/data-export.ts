import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { validSeconds } from '../../../graphql/signed-url.ts'
import { signDownload } from '../queries/sign-download.ts'
import { privacy } from '../services.ts'

const DataExportStatus = builder.enumType('DataExportStatus', {
  description: 'The status of a data export.',
  values: {
    PENDING: { description: 'The export is being created.' },
    READY: { description: 'The export can be downloaded. It is kept for seven days.' },
    FAILED: { description: 'The export could not be created. Request a new one.' },
    EXPIRED: { description: 'The export was removed after seven days.' },
  } as const,
})

export const DataExportNode = builder.prismaNode('DataExport', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: "A ZIP file with all data stored about a user: JSON files, and a list of the user's own files.",
  fields: (t) => ({
    status: t.expose('status', { type: DataExportStatus, description: 'The status of the export.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the export was requested.' }),
    download: t.field({
      type: 'SignedDownload',
      nullable: true,
      description:
        "A private, short-lived download URL. Null unless the export is READY, and null for an admin who reads another user's export. The file is kept for seven days.",
      extensions: costing({ own: 5 }),
      args: {
        expiresInSeconds: t.arg.int({
          defaultValue: 300,
          description: 'How long the URL is valid, in seconds: 60 to 3600.',
        }),
      },
      resolve: (dataExport, args, { viewer, services, clock }) => {
        if (viewer?.user.id !== dataExport.userId) return null
        const seconds = validSeconds(args.expiresInSeconds)
        return signDownload(services(privacy).bucket, dataExport, { now: clock(), seconds })
      },
    }),
  }),
})
