import { builder } from '../../../graphql/builder.ts'
import { costing } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { signDownload } from '../sign-download.ts'

const DataExportStatus = builder.enumType('DataExportStatus', {
  description: 'How far a data export has come.',
  values: {
    PENDING: { description: 'Being made.' },
    READY: { description: 'Here, for seven days.' },
    FAILED: { description: 'Could not be made; ask for another.' },
    EXPIRED: { description: 'Was here for seven days, and was removed.' },
  } as const,
})

export const DataExportNode = builder.prismaNode('DataExport', {
  ...ownedByUser,
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description:
    "A ZIP file of everything that is held about a person: JSON files, and a list of the person's own files.",
  fields: (t) => ({
    status: t.expose('status', { type: DataExportStatus, description: 'How far it has come.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    download: t.field({
      type: 'SignedDownload',
      nullable: true,
      description:
        "A private, short-lived address; null unless READY, and for admins who read another person's. The file is there for seven days.",
      extensions: costing({ own: 5 }),
      args: {
        expiresInSeconds: t.arg.int({ defaultValue: 300, description: 'How long the address shall work, 60 to 3600.' }),
      },
      resolve: (dataExport, args, { viewer, ports, clock }) => {
        if (viewer?.user.id !== dataExport.userId) return null
        const seconds = Math.min(Math.max(args.expiresInSeconds ?? 300, 60), 3600)
        return signDownload(ports.bucket, dataExport, { now: clock(), seconds })
      },
    }),
  }),
})
