/** Of Prometheus' text format the samples whose lines begin so, by what follows: '{outcome="ready"}'. */
export function samplesIn(text: string, beginning: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(beginning))
  return Object.fromEntries(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(beginning.length, space), Number(line.slice(space + 1))]
    }),
  )
}
