import type { ExecutionResult } from 'graphql'
import { withBoundedErrors } from '../../graphql/limits/bounded-errors.ts'
import { type PlainResponse, toPlainResponse } from '../../platform/compat/yoga-engine.ts'
import type { JsonType } from '../http/accepted-types.ts'

/** The response to a result: its errors are bounded, and what they say about HTTP becomes status and headers. */
export function toAnswer(result: ExecutionResult, type: JsonType): PlainResponse {
  return toPlainResponse(withBoundedErrors(result), type)
}
