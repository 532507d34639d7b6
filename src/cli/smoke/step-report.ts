import { ServerRefused } from '../api/client.ts'
import { reasonOf } from '../doctor/finding.ts'
import { renderTable } from '../terminal/table.ts'

/** A short description of what a step did, and the result for later steps. */
export type Done<Result> = readonly [about: string, result: Result]

/** Runs a step and records its duration and outcome. */
export type Step = <Result>(name: string, todo: string, work: () => Promise<Done<Result>>) => Promise<Result>

/** Thrown by a step that has nothing to do. Its result is null. */
export class Skipped extends Error {}

/** Whether the server is older than the operation that it refused. */
export function isUnknownToServer(error: unknown): boolean {
  const unknown = ['GRAPHQL_VALIDATION_FAILED', 'PERSISTED_ONLY']
  return error instanceof ServerRefused && unknown.includes(error.code)
}

export interface StepReport {
  readonly step: Step
  /** Prints all steps. Throws if a step failed, with what to do about the first failure. */
  print(): void
}

/** A failed step rejects, so that the test ends; it is recorded like all others. */
export function createStepReport(): StepReport {
  const rows: (string | number)[][] = []
  let failure: string | null = null
  return {
    async step(name, todo, work) {
      const startedAt = performance.now()
      const record = (state: string, about: string) => {
        rows.push([name, state, Math.round(performance.now() - startedAt), about])
      }
      try {
        const [about, result] = await work()
        record('ok', about)
        return result
      } catch (error) {
        if (error instanceof Skipped) {
          record('skipped', error.message)
          return null as never
        }
        record('failed', reasonOf(error))
        failure ??= `The step "${name}" failed. ${todo}`
        throw error
      }
    },
    print() {
      process.stdout.write(`${renderTable(['step', 'state', 'ms', 'details'], rows)}\n`)
      if (failure !== null) throw new Error(failure)
    },
  }
}
