import { builder } from '../../../../graphql/builder.ts'
import { ownedByUser } from '../../../../graphql/owned.ts'
import { PushServiceType } from '../../graphql/enums.ts'

export const PushDeviceNode = builder.prismaNode('PushDevice', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A browser or app that receives push messages. Its address is never returned.',
  fields: (t) => ({
    service: t.expose('service', { type: PushServiceType, description: 'The service that sends its push messages.' }),
    label: t.exposeString('label', { nullable: true, description: 'A name for the user: Pixel 9.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was registered first.' }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  pushDevices: t.relation('pushDevices', {
    description: 'The devices that receive push messages, at most 20, the last registered first.',
    query: { orderBy: [{ registeredAt: 'desc' }, { id: 'desc' }] },
  }),
}))
