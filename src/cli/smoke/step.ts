import { reasonOf } from '../doctor/finding.ts'
import { renderTable } from '../terminal/table.ts'

/** Does a step, and notes how long it took and what came of it: a few words, and what later steps need. */
export type Step = <Result>(
  name: string,
  todo: string,
  work: () => Promise<readonly [about: string, result: Result]>,
) => Promise<Result>

/** Thrown by a step that has nothing to do; the result of such a step is nothing that a later one needs. */
export class Skipped extends Error {}

export interface Steps {
  readonly step: Step
  /** Prints them all; throws where one failed, with what to do about the first. */
  tell(): void
}

/** A step that fails rejects, and ends the walk; what it was is told with all others. */
export function noteSteps(): Steps {
  const rows: (string | number)[][] = []
  let failure: string | null = null
  return {
    async step(name, todo, work) {
      const beganAt = performance.now()
      const note = (state: string, about: string) => {
        rows.push([name, state, Math.round(performance.now() - beganAt), about])
      }
      try {
        const [about, result] = await work()
        note('ok', about)
        return result
      } catch (error) {
        if (error instanceof Skipped) {
          note('skipped', error.message)
          return null as never
        }
        note('failed', reasonOf(error))
        failure ??= `The step "${name}" failed. ${todo}`
        throw error
      }
    },
    tell() {
      process.stdout.write(`${renderTable(['step', 'went', 'ms', 'about'], rows)}\n`)
      if (failure !== null) throw new Error(failure)
    },
  }
}
