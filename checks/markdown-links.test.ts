import { expect, test } from 'vitest'
import { anchorsIn, linksIn } from './markdown-links.ts'

test('finds relative links and images, with their lines', () => {
  const markdown =
    'See [one](docs/one.md#part) and [two](two.md "Two").\n\n<img src="docs/picture.svg" alt="">\n![x](y.png "z")'
  expect(linksIn(markdown)).toEqual([
    { link: 'docs/one.md#part', line: 1 },
    { link: 'two.md', line: 1 },
    { link: 'docs/picture.svg', line: 3 },
    { link: 'y.png', line: 4 },
  ])
})

test('finds a link whose text began on the line before', () => {
  expect(linksIn('as in [decision\n25](decisions/0025.md).')).toEqual([{ link: 'decisions/0025.md', line: 2 }])
})

test('ignores other sites, code and code blocks', () => {
  const markdown = '[site](https://example.com) [mail](mailto:a@b.example) `[code](no.md)`\n```md\n[block](no.md)\n```'
  expect(linksIn(markdown)).toEqual([])
})

test('gives headings the anchors of GitHub', () => {
  const markdown =
    '# Is it well?\n## 1,000 open streams: `npm run bench -- streams`\n## Setup\n## Setup\n```\n# no heading\n```'
  expect([...anchorsIn(markdown)]).toEqual([
    'is-it-well',
    '1000-open-streams-npm-run-bench----streams',
    'setup',
    'setup-1',
  ])
})
