import type { CodegenConfig } from '@graphql-codegen/cli'

/** Types the operations, for tests and for front ends: import a document from operations/typed-operations.ts. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'operations/*.graphql',
  generates: {
    'operations/typed-operations.ts': {
      plugins: [
        { add: { content: '// Made by `npm run codegen` from operations/*.graphql; do not edit.' } },
        'typescript-operations',
        'typed-document-node',
      ],
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        enumType: 'string-literal',
        strictScalars: true,
        defaultScalarType: 'unknown',
        scalars: { ID: 'string', DateTime: 'string', SafeInt: 'number', URL: 'string', Date: 'string' },
      },
    },
  },
}

export default config
