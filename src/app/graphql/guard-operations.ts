import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Limits } from '../../config/limits.ts'
import type { Context } from '../../graphql/context.ts'
import { rateOf } from '../../graphql/limits/mutation-rate.ts'
import { rememberCosts } from '../../graphql/limits/remembered-cost.ts'
import type { Counted, RateLimiter } from '../../platform/limits/rate-limiter.ts'
import type { RequestContext } from '../http/request-context.ts'

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

/** Refuses an operation that costs too much, or one too many of its person or address, before anything of it is run. */
export function guardOperations({ limiter, limits, showCost }: Guard): Plugin<Context & RequestContext> {
  const costOf = rememberCosts()
  const check = async (args: Args): Promise<{ readonly cost: number; readonly refusal: GraphQLError | null }> => {
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation) return { cost: 0, refusal: null } // refused by the executor in its words
    const variables = args.variableValues as Record<string, unknown> | undefined
    const fragments = fragmentsOf(args.document)
    const cost = costOf({ schema: args.schema, operation, fragments, variables: variables ?? {} })
    const { viewer, address } = args.contextValue as Context & RequestContext
    if (cost > limits.maxCost) return { cost, refusal: tooCostly(cost, limits.maxCost) }
    const who = viewer ? `user ${viewer.user.id}` : `address ${address}`
    const counts: [Counted, number][] = [[{ name: 'cost', ...limits.costPerUser }, cost]]
    if (viewer) counts.unshift([{ name: 'requests-of-user', ...limits.requestsPerUser }, 1])
    if (viewer) counts.push(...mutationsOf(args.schema, operation, fragments))
    for (const [what, points] of counts) {
      const seconds = points > 0 ? await limiter.take(what, who, points) : null
      if (seconds !== null) return { cost, refusal: tooMany(what, seconds) }
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
      const { refusal } = await check(args)
      if (refusal) setResultAndStopExecution({ errors: [refusal] })
    },
  }
}

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

/** The mutations with a rate of their own, each as often as it is called. */
function mutationsOf(
  schema: GraphQLSchema,
  { operation, selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): [Counted, number][] {
  if (operation !== OperationTypeNode.MUTATION) return []
  const calls = new Map<string, Set<string>>()
  const seen = new Set<string>()
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias } = selection
        // The same name twice is one call.
        calls.set(name.value, (calls.get(name.value) ?? new Set()).add(alias?.value ?? name.value))
      } else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment) collect(fragment.selectionSet)
      }
    }
  }
  collect(selectionSet)
  const fields = schema.getMutationType()?.getFields() ?? {}
  return [...calls].flatMap(([name, keys]): [Counted, number][] => {
    const rate = fields[name] && rateOf(fields[name])
    return rate ? [[{ name, ...rate }, keys.size]] : []
  })
}

function tooCostly(asked: number, allowed: number): GraphQLError {
  return new GraphQLError(
    `The operation may cost ${asked}; ${allowed} is allowed. Ask for shorter pages, or for less of each item.`,
    { extensions: { code: 'OPERATION_TOO_COSTLY', asked, allowed, http: { status: 400, spec: true } } },
  )
}

function tooMany({ name, points, seconds: period }: Counted, seconds: number): GraphQLError {
  const what = nouns[name] ?? `calls of ${name}`
  return new GraphQLError(
    `You have used up what is allowed: ${points} ${what} in ${period} s. Try again in ${seconds} s.`,
    {
      extensions: {
        code: 'RATE_LIMITED',
        limit: name,
        retryAfterSeconds: seconds,
        http: { status: 429, headers: { 'retry-after': String(seconds) } },
      },
    },
  )
}

const nouns: Readonly<Record<string, string>> = { cost: 'points of cost', 'requests-of-user': 'requests' }
