import type { App } from '../../app/app.ts'
import { readPayload } from '../../platform/jobs/list-jobs.ts'
import { oneLine } from '../terminal/one-line.ts'
import { renderTable } from '../terminal/table.ts'
import { existingJobs } from './existing-jobs.ts'

export async function show({ db }: App, id: string): Promise<void> {
  for (const job of await existingJobs(db.prisma, [id])) {
    const rows = Object.entries({ ...job, payload: JSON.stringify(await readPayload(db.prisma, job.id)) })
    const table = renderTable(
      ['field', 'value'],
      rows.map(([key, value]): [string, string] => [key, textOf(value)]),
    )
    process.stdout.write(`${table}\n`)
  }
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return oneLine(value.join(', '), 2_000)
  return oneLine(String(value ?? ''), 2_000)
}
