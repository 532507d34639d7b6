import { type DocumentNode, GraphQLError, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../../graphql/context.ts'
import { recordImpersonation } from '../../platform/audit.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database/db.ts'

interface ImpersonationGuard {
  readonly db: Database
  readonly clock: Clock
  /** Whether mutations are allowed. */
  readonly mayWrite: boolean
}

type Args = {
  readonly document: DocumentNode
  readonly operationName?: string | null
  readonly contextValue: unknown
}

/**
 * Records each operation of a token with an actor in the audit log before it is executed: without the record it is not.
 * Refuses mutations unless they are allowed.
 */
export function guardImpersonation({ db, clock, mayWrite }: ImpersonationGuard): Plugin<Context> {
  const refuse = async ({ document, operationName, contextValue }: Args): Promise<GraphQLError | null> => {
    const { viewer } = contextValue as Context
    const kind = getOperationAST(document, operationName)?.operation
    if (!viewer?.actor || !kind) return null
    if (kind === 'mutation' && !mayWrite) return readOnly()
    const action = `impersonation.${kind}`
    await recordImpersonation(db.prisma, { actorClerkId: viewer.actor, action, subjectId: viewer.id, now: clock() })
    return null
  }
  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const refusal = await refuse(args)
      if (refusal) setResultAndStopExecution({ errors: [refusal] })
    },
    async onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = await refuse(args)
      if (refusal) setResultAndStopExecution({ errors: [refusal] })
    },
  }
}

function readOnly(): GraphQLError {
  return new GraphQLError('An impersonated session may only read. Mutations need CLERK_IMPERSONATION=write.', {
    extensions: { code: 'FORBIDDEN', http: { status: 403 } },
  })
}
