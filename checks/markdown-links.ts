export interface MarkdownLink {
  /** As written: docs/operations.md#alerts. */
  readonly link: string
  /** The line it is on, from 1. */
  readonly line: number
}

/** The relative links of a Markdown text, also those in `src` of an HTML image; none in code. */
export function linksIn(markdown: string): MarkdownLink[] {
  return textLinesOf(markdown).flatMap((text, index) =>
    [...text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|\bsrc="([^"]+)"/g)]
      .map(([, link, source]) => ({ link: link ?? source ?? '', line: index + 1 }))
      .filter(({ link }) => !/^[a-z][a-z+.-]*:/i.test(link)),
  )
}

/** The anchors that GitHub gives to the headings of a Markdown text. */
export function anchorsIn(markdown: string): Set<string> {
  const seen = new Map<string, number>()
  const anchors = new Set<string>()
  for (const text of textLinesOf(markdown)) {
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(text)?.[1]
    if (heading === undefined) continue
    const slug = slugOf(heading)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  return anchors
}

/** GitHub keeps letters, digits, hyphens and underscores of a heading, in lower case, with hyphens for spaces. */
function slugOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-')
}

/** The lines of a text, with those of code blocks empty. */
function textLinesOf(markdown: string): string[] {
  let fence: string | null = null
  return markdown.split('\n').map((line) => {
    const marker = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (fence === null && marker === undefined) return line
    if (fence === null) fence = marker ?? null
    else if (marker?.startsWith(fence)) fence = null
    return ''
  })
}
