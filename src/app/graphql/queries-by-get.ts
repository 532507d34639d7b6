import { GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Refuses mutations and subscriptions by GET: a link must not be able to change anything. */
export const queriesByGet: Plugin = {
  onParse: ({ context: { request, params } }) => {
    if (request.method !== 'GET') return
    return ({ result }) => {
      if (result === null || result instanceof Error) return
      const operation = getOperationAST(result, params.operationName)?.operation
      if (operation && operation !== OperationTypeNode.QUERY) throw notByGet()
    }
  },
}

const notByGet = () =>
  new GraphQLError('GET requests can run queries only. Use POST for mutations and subscriptions.', {
    extensions: { code: 'METHOD_NOT_ALLOWED', http: { status: 405, headers: { allow: 'POST' } } },
  })
