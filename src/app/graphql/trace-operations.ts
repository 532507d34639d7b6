import type { SpanOptions } from '@opentelemetry/api'
import { type DocumentNode, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { inSpan } from '../../platform/watching/tracing.ts'
import { nameOf } from '../http/request-log.ts'

/**
 * A span of each GraphQL operation: its name and kind, never its variables. A subscription's ends when its stream has
 * begun: what its events read is in no trace, which would otherwise grow for as long as somebody listens.
 */
export const traceOperations: Plugin = {
  onExecute({ args, executeFn, setExecuteFn }) {
    setExecuteFn((given) => inSpan(...spanOf(args), async () => executeFn(given)))
  },
  onSubscribe({ args, subscribeFn, setSubscribeFn }) {
    setSubscribeFn((given) => inSpan(...spanOf(args), async () => subscribeFn(given)))
  },
}

interface Asked {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
}

function spanOf({ document, operationName }: Asked): [string, SpanOptions] {
  const operation = getOperationAST(document, operationName)
  const type = operation?.operation ?? 'query'
  const name = operation && nameOf(operation)
  return [`${type} ${name}`, { attributes: { 'graphql.operation.type': type, 'graphql.operation.name': name } }]
}
