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
import { mutationsOf } from '../../graphql/limits/mutation-rate.ts'
import { rememberCosts } from '../../graphql/limits/remembered-cost.ts'
import type { Counted, RateLimiter } from '../../platform/limits/rate-limiter.ts'
import type { RequestContext } from '../http/request-context.ts'
import { rateLimited } from './rate-limited.ts'

export interface Guard {
  readonly limiter: RateLimiter
  readonly limits: Limits
  /** Says in `extensions.cost` what was asked: in development. */
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
 * Refuses an operation that costs too much, or one too many of its person or address, before anything of it is run. Of a
 * stream each event costs as much again.
 */
export function guardOperations({ limiter, limits, showCost }: Guard): Plugin<Context & RequestContext> {
  const costOf = rememberCosts()
  const ofCost = { name: 'cost', ...limits.costPerUser }
  const check = async (args: Args): Promise<{ readonly cost: number; readonly refusal: GraphQLError | null }> => {
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation) return { cost: 0, refusal: null } // refused by the executor in its words
    const variables = args.variableValues as Record<string, unknown> | undefined
    const fragments = fragmentsOf(args.document)
    const cost = costOf({ schema: args.schema, operation, fragments, variables: variables ?? {} })
    const asker = args.contextValue as Context & RequestContext
    const { viewer } = asker
    if (cost > limits.maxCost) return { cost, refusal: tooCostly(cost, limits.maxCost) }
    const who = payer(asker)
    const counts: [Counted, number][] = [[ofCost, cost]]
    if (viewer) counts.unshift([{ name: 'requests-of-user', ...limits.requestsPerUser }, 1])
    if (viewer) counts.push(...mutationsOf(args.schema, operation, fragments))
    for (const [what, points] of counts) {
      const seconds = points > 0 ? await limiter.take(what, who, points) : null
      if (seconds !== null) return { cost, refusal: rateLimited(what, seconds) }
    }
    return { cost, refusal: null }
  }

  return {
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
      if (cost === 0) return
      const who = payer(args.contextValue as Context & RequestContext)
      const pay = async () => {
        const seconds = await limiter.take(ofCost, who, cost)
        return seconds === null ? null : rateLimited(ofCost, seconds)
      }
      return {
        onSubscribeResult({ result, setResult }) {
          if (isAsyncIterable(result)) setResult(paid(result as AsyncIterable<ExecutionResult>, pay))
        },
      }
    },
  }
}

/** Who opened it has paid for the first. What an event costs is known when it has come, so one at most is too many. */
async function* paid(
  events: AsyncIterable<ExecutionResult>,
  pay: () => Promise<GraphQLError | null>,
): AsyncGenerator<ExecutionResult> {
  let isFirst = true
  for await (const event of events) {
    const refusal = isFirst ? null : await pay()
    isFirst = false
    if (refusal) return yield { errors: [refusal] }
    yield event
  }
}

const payer = ({ viewer, address }: Context & RequestContext) =>
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
    `The operation may cost ${asked}; ${allowed} is allowed. Ask for shorter pages, or for less of each item.`,
    { extensions: { code: 'OPERATION_TOO_COSTLY', asked, allowed, http: { status: 400, spec: true } } },
  )
}
