/*
 * `npm run check:links`: does every relative link of the Markdown files lead to a file of this repository, and every
 * anchor to a heading? Links in code blocks and links to other sites are not checked.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { anchorsIn, linksIn } from './markdown-links.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root })
const pages = listed
  .toString()
  .split('\n')
  .filter(Boolean)
  .map((path) => join(root, path))
  .filter(existsSync)

/** What is wrong with a link, or null. */
function problemOf(page: string, link: string): string | null {
  const [path = '', anchor] = decodeURI(link).split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(target)) return 'there is no such file'
  if (anchor === undefined) return null
  if (!target.endsWith('.md')) return 'only headings of Markdown files can be linked'
  return anchorsIn(readFileSync(target, 'utf8')).has(anchor) ? null : `${relative(root, target)} has no such heading`
}

let count = 0
for (const page of pages) {
  for (const { link, line } of linksIn(readFileSync(page, 'utf8'))) {
    count += 1
    const problem = problemOf(page, link)
    if (problem === null) continue
    console.error(`${relative(root, page)}:${line}: ${link}: ${problem}.`)
    process.exitCode = 1
  }
}
if (process.exitCode !== 1) console.log(`All ${count} relative links in ${pages.length} Markdown files resolve.`)
