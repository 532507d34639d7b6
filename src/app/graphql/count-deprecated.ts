import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { deprecatedInDocument, deprecatedInVariables, hasDeprecations } from '../../graphql/deprecated-uses.ts'
import { currentRequest } from '../../platform/observability/current-request.ts'
import type { Metrics } from '../../platform/observability/metrics.ts'
import { type ClientLabels, createClientLabels } from '../http/client-name.ts'

interface Args {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly variableValues?: unknown
}

/**
 * Counts operations that use a deprecated part of the schema, by client: what nobody uses any more can be removed
 * (docs/deprecation.md). Costs nothing while nothing is deprecated.
 */
export function countDeprecated(metrics: Metrics, clientNames: readonly string[]): Plugin {
  const labelsOf = createClientLabels(clientNames)
  const uses = metrics.counter<'field' | keyof ClientLabels>(
    'operation_deprecated_fields_total',
    'Operations that use a deprecated field, argument, input field or enum value, by client.',
    ['field', 'client', 'client_version'],
  )
  const ofDocument = new WeakMap<DocumentNode, ReadonlySet<string>>()
  let isOn = false

  const count = ({ schema, document, variableValues }: Args): void => {
    if (!isOn) return
    const inDocument = ofDocument.get(document) ?? deprecatedInDocument(schema, document)
    ofDocument.set(document, inDocument)
    const variables = (variableValues ?? {}) as Readonly<Record<string, unknown>>
    const fields = new Set([...inDocument, ...deprecatedInVariables(schema, document, variables)])
    if (fields.size === 0) return
    const labels = labelsOf(currentRequest.getStore()?.client ?? null)
    for (const field of fields) uses.add({ field, ...labels })
  }

  return {
    onSchemaChange({ schema }) {
      isOn = hasDeprecations(schema)
    },
    onExecute: ({ args }) => count(args as Args),
    onSubscribe: ({ args }) => count(args as Args),
  }
}
