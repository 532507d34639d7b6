/** The samples in Prometheus' text format whose lines start with the prefix, by the rest of the name: '{outcome="ready"}'. */
export function samplesIn(text: string, prefix: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(prefix))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(prefix.length, space), Number(line.slice(space + 1))]
    }),
  )
}
