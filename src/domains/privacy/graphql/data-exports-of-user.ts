import type { DataExport } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order } from '../../../graphql/keyset.ts'
import { DataExportNode } from './data-export.ts'

const newestFirst: Order<'createdAt'> = { name: 'dataExports', column: 'createdAt', direction: 'desc', kind: 'instant' }

const DataExportConnection = builder.connectionObject(
  { type: DataExportNode, name: 'DataExportConnection', description: 'A page of data exports.' },
  { name: 'DataExportEdge', description: 'A data export in a connection.' },
)

const dataExportsPage = pageOfRelation('dataExports', () => ({ where: {}, order: newestFirst }))

builder.prismaObjectFields('User', (t) => ({
  dataExports: t.field({
    type: DataExportConnection,
    description: 'Data exports, newest first.',
    args: pageArgs(t.arg),
    extensions: dataExportsPage.extensions,
    resolve: (user, args) => dataExportsPage.connect<DataExport>(user, args),
  }),
}))
