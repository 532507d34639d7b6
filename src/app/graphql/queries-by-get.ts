import { GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** What an address alone makes a browser do shall read, and change nothing. */
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
  new GraphQLError('GET runs queries only. Send mutations and subscriptions by POST.', {
    extensions: { code: 'METHOD_NOT_ALLOWED', http: { status: 405, headers: { allow: 'POST' } } },
  })
