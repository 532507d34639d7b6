import { builder } from '../../../graphql/builder.ts'
import { maxPartByteSize, maxSingleRequestByteSize, minPartByteSize, partByteSizeOf } from '../part-size.ts'
import { uploads } from '../services.ts'
import type { UploadKindDefinition } from '../upload-kinds.ts'

const UploadRules = builder.objectRef<UploadKindDefinition>('UploadRules').implement({
  description: 'What a file of a kind must be.',
  fields: (t) => ({
    kind: t.expose('kind', { type: 'UploadKind', description: 'The purpose of the file.' }),
    maxByteSize: t.expose('maxByteSize', {
      type: 'SafeInt',
      description: 'The largest size of a file, in bytes.',
    }),
    contentTypes: t.stringList({
      description: 'The accepted media types.',
      resolve: ({ contentTypes }) => [...contentTypes],
    }),
    maxSingleRequestByteSize: t.field({
      type: 'SafeInt',
      description: 'Files up to this size, in bytes, are sent in one request, larger ones in parts.',
      resolve: () => maxSingleRequestByteSize,
    }),
    minPartByteSize: t.field({
      type: 'SafeInt',
      description: 'The smallest size of a part, in bytes. The last part can be smaller.',
      resolve: () => minPartByteSize,
    }),
    maxPartByteSize: t.field({
      type: 'SafeInt',
      description: 'The largest size of a part, in bytes.',
      resolve: () => maxPartByteSize,
    }),
    partByteSize: t.field({
      type: 'SafeInt',
      nullable: true,
      description:
        'The size of the parts of a file, in bytes; the last part has the rest. Null for a file that is sent in one request.',
      args: {
        byteSize: t.arg({ type: 'SafeInt', required: true, description: 'The size of the file, in bytes.' }),
      },
      resolve: (_kind, { byteSize }) => partByteSizeOf(byteSize),
    }),
  }),
})

builder.queryField('uploadRules', (t) =>
  t.field({
    type: UploadRules,
    description:
      'What a file of this kind must be, to check it before it is requested. Does not require authentication.',
    args: { kind: t.arg({ type: 'UploadKind', required: true, description: 'The purpose of the file.' }) },
    resolve: (_root, { kind }, { services }) => services(uploads).kinds.get(kind),
  }),
)
