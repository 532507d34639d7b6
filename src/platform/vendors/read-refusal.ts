import { z } from 'zod'

const text = z.string().optional().catch(undefined)
const object = z.looseObject({ message: text, code: text, status: text })

/** Groq and Google have the reason in an object `error`; Pexels has it in a text `error` or `code`. */
const refusal = z
  .looseObject({ error: z.union([object, z.string()]).optional().catch(undefined), message: text, code: text })
  .catch({})

/** Why a vendor refused a request, from the body of its response. */
export function readRefusal(body: unknown): { readonly reason: string | null; readonly code: string | null } {
  const { error, message, code } = refusal.parse(body)
  const nested = typeof error === 'object' ? error : { message: error }
  const reason = nested.message ?? message ?? code
  return {
    reason: reason === undefined ? null : reason.replace(/\s+/g, ' ').slice(0, 200).replace(/\.$/, ''),
    code: (nested.code ?? nested.status ?? code)?.slice(0, 100) ?? null,
  }
}
