import { createTwoFilesPatch } from 'diff'

/** What must go (-) and come (+) to make the second text of the first, with three lines around it. */
export function unifiedDiff(from: string, to: string): string {
  return createTwoFilesPatch('schema.graphql', 'what the server builds', from, to, '', '', { context: 3 })
}
