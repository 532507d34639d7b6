import { type ExecutionResult, GraphQLError } from 'graphql'

/** As many as an answer shows; validation ends with one more, which says that there are others. */
export const mostErrors = 10

/** The longest of our own sentences has 180 characters. GraphQL's repeat what was sent, which may have 256 KiB. */
const longestMessage = 300

/** Of one error: as many as graphql-js gives for fields that conflict. */
const mostPlaces = 20

/** The result with no more errors, and no longer ones, than somebody reads: what is refused costs us little to say. */
export function withBoundedErrors<Result extends ExecutionResult>(result: Result): Result {
  const { errors } = result
  if (!errors || errors.length === 0) return result
  const shown = errors.length > mostErrors + 1 ? errors.slice(0, mostErrors) : errors
  const left = errors.length - shown.length
  return { ...result, errors: [...shown.map(bounded), ...(left > 0 ? [andMore(left)] : [])] }
}

function bounded(error: GraphQLError): GraphQLError {
  const { message, nodes, source, positions, path, originalError, extensions } = error
  if (message.length <= longestMessage && (nodes?.length ?? 0) <= mostPlaces) return error
  const text = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message
  const places = nodes ? { nodes: nodes.slice(0, mostPlaces) } : { source, positions }
  return new GraphQLError(text, { ...places, path, originalError, extensions })
}

const andMore = (left: number) =>
  new GraphQLError(`There are ${left} more errors, which are not shown.`, {
    extensions: { code: 'TOO_MANY_ERRORS', notShown: left },
  })
