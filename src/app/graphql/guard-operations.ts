import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
} from 'graphql'
import { isAsyncIterable, type Plugin } from 'graphql-yoga'
import type { Limits } from '../../config/limits.ts'
import type { Context } from '../../graphql/context.ts'
import { cacheCosts } from '../../graphql/limits/cost-cache.ts'
import { priceEvents, takeEventCost } from '../../graphql/limits/event-cost.ts'
import { mutationsOf } from '../../graphql/limits/mutation-rate.ts'
import type { RateLimit, RateLimiter } from '../../platform/rate-limits/rate-limiter.ts'
import type { RequestContext } from '../http/request-context.ts'
import { rateLimited } from './rate-limited.ts'

export interface Guard {
  readonly limiter: RateLimiter
  readonly limits: Limits
  /** Shows the cost in `extensions.cost`: in development. */
  readonly showCost: boolean
}

type Args = {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName?: string | null
  readonly variableValues?: unknown
  readonly contextValue: unknown
}

/**
 * Refuses an operation that costs too much, or that exceeds a limit of its person or address, before any of it is run.
 * Each event of a stream is paid for too: with what its field declares, else with the cost of the operation.
 */
export function guardOperations({ limiter, limits, showCost }: Guard): Plugin<Context & RequestContext> {
  const costOf = cacheCosts()
  const costLimit = { name: 'cost', ...limits.costPerUser }
  const check = async (args: Args): Promise<{ readonly cost: number; readonly refusal: GraphQLError | null }> => {
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation) return { cost: 0, refusal: null } // the executor refuses it
    const variables = args.variableValues as Record<string, unknown> | undefined
    const fragments = fragmentsOf(args.document)
    const cost = costOf({ schema: args.schema, operation, fragments, variables: variables ?? {} })
    const requester = args.contextValue as Context & RequestContext
    const { viewer } = requester
    if (cost > limits.maxCost) return { cost, refusal: tooCostly(cost, limits.maxCost) }
    const counts: [RateLimit, number][] = [[costLimit, cost]]
    if (viewer) counts.unshift([{ name: 'requests-of-user', ...limits.requestsPerUser }, 1])
    if (viewer) counts.push(...mutationsOf(args.schema, operation, fragments))
    for (const [limit, points] of counts) {
      const seconds = points > 0 ? await limiter.take(limit, payerOf(requester), points) : null
      if (seconds !== null) return { cost, refusal: rateLimited(limit, seconds) }
    }
    return { cost, refusal: null }
  }

  return {
    onSchemaChange: ({ schema }) => priceEvents(schema),
    async onExecute({ args, setResultAndStopExecution }) {
      const { cost, refusal } = await check(args)
      if (refusal) return void setResultAndStopExecution({ errors: [refusal] })
      if (!showCost || cost === 0) return
      return {
        onExecuteDone({ result, setResult }) {
          if (Symbol.asyncIterator in result) return
          setResult(withCost(result, { requested: cost, maximum: limits.maxCost }))
        },
      }
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const { cost, refusal } = await check(args)
      if (refusal) return void setResultAndStopExecution({ errors: [refusal] })
      const context = args.contextValue as Context & RequestContext
      const pay = async (isFirst: boolean) => {
        const operationCost = isFirst ? 0 : cost // the opening has paid for the first
        const points = takeEventCost(context, operationCost) ?? operationCost
        const seconds = points > 0 ? await limiter.take(costLimit, payerOf(context), points) : null
        return seconds === null ? null : rateLimited(costLimit, seconds)
      }
      return {
        onSubscribeResult({ result, setResult }) {
          if (isAsyncIterable(result)) setResult(paid(result as AsyncIterable<ExecutionResult>, pay))
        },
      }
    },
  }
}

/** An event is paid for after it was read, when its cost is known. One that cannot be paid for is not sent and ends the stream. */
async function* paid(
  events: AsyncIterable<ExecutionResult>,
  pay: (isFirst: boolean) => Promise<GraphQLError | null>,
): AsyncGenerator<ExecutionResult> {
  let isFirst = true
  for await (const event of events) {
    const refusal = await pay(isFirst)
    isFirst = false
    if (refusal) return yield { errors: [refusal] }
    yield event
  }
}

/** Whose limits a request counts against. */
export const payerOf = ({ viewer, address }: Pick<Context & RequestContext, 'viewer' | 'address'>) =>
  viewer ? `user ${viewer.user.id}` : `address ${address}`

const withCost = (result: ExecutionResult, cost: object): ExecutionResult => ({
  ...result,
  extensions: { ...result.extensions, cost },
})

function fragmentsOf({ definitions }: DocumentNode): Map<string, FragmentDefinitionNode> {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  )
}

function tooCostly(asked: number, allowed: number): GraphQLError {
  return new GraphQLError(
    `The operation can cost up to ${asked}; the maximum is ${allowed}. Request shorter pages or fewer fields.`,
    { extensions: { code: 'OPERATION_TOO_COSTLY', asked, allowed, http: { status: 400, spec: true } } },
  )
}
