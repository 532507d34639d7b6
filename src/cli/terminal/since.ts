import ms from 'ms'

/** Reads `--since`: a duration before now (90m, 2h, 7d), a date (midnight UTC) or an instant (2026-11-21T09:30:00Z). */
export function parseSince(text: string, now: Date): Date {
  if (/^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(text)
  }
  const ago = /^\d{1,6} ?[a-z]+$/i.test(text) ? ms(text as ms.StringValue) : undefined
  if (ago === undefined) {
    throw new Error(`"${text}" is not valid for --since. Use 90m, 2h, 7d, 2026-11-21 or 2026-11-21T09:30:00Z.`)
  }
  return new Date(now.getTime() - ago)
}
