import { type ExecutionResult, GraphQLError } from 'graphql'

/** The number of errors in a response. Validation ends with one more, which says that there are others. */
export const maxErrors = 10

/** The longest of our own messages has 180 characters. GraphQL's messages quote the input, which can have 256 KiB. */
const maxMessageLength = 300

/** Per error. graphql-js gives as many for conflicting fields. */
const maxLocations = 20

/** Limits the number and the length of errors, so that a rejected operation is cheap to answer. */
export function withBoundedErrors<Result extends ExecutionResult>(result: Result): Result {
  const { errors } = result
  if (!errors || errors.length === 0) return result
  const shown = errors.length > maxErrors + 1 ? errors.slice(0, maxErrors) : errors
  const omitted = errors.length - shown.length
  return { ...result, errors: [...shown.map(bounded), ...(omitted > 0 ? [omittedErrors(omitted)] : [])] }
}

function bounded(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error
  if (message.length <= maxMessageLength && (nodes?.length ?? 0) <= maxLocations) return error
  const text = message.length > maxMessageLength ? `${message.slice(0, maxMessageLength)}…` : message
  const locations = nodes ? { nodes: nodes.slice(0, maxLocations) } : { source, positions }
  return new GraphQLError(text, { ...locations, path, originalError, extensions })
}

const omittedErrors = (omitted: number) =>
  new GraphQLError(`${omitted} more errors are not shown.`, {
    extensions: { code: 'TOO_MANY_ERRORS', notShown: omitted },
  })
