import type { SpanOptions } from '@opentelemetry/api'
import { type DocumentNode, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { inSpan } from '../../platform/observability/tracing.ts'
import { nameOf } from '../http/request-log.ts'
import { operationHash } from './operation-hash.ts'

/**
 * Adds a span for each GraphQL operation, with its name, kind and hash and without its variables. The span of a subscription
 * ends when its stream has begun. Its events are not traced: the trace would grow for as long as the stream is open.
 */
export const traceOperations: Plugin = {
  onExecute({ args, executeFn, setExecuteFn }) {
    setExecuteFn((given) => inSpan(...spanOf(args), async () => executeFn(given)))
  },
  onSubscribe({ args, subscribeFn, setSubscribeFn }) {
    setSubscribeFn((given) => inSpan(...spanOf(args), async () => subscribeFn(given)))
  },
}

interface TracedArgs {
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
}

function spanOf({ document, operationName }: TracedArgs): [string, SpanOptions] {
  const operation = getOperationAST(document, operationName)
  const type = operation?.operation ?? 'query'
  const name = operation && nameOf(operation)
  const attributes = {
    'graphql.operation.type': type,
    'graphql.operation.name': name,
    'pacer.operation_hash': operationHash(document),
  }
  return [`${type} ${name}`, { attributes }]
}
