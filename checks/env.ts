/*
 * `npm run check:env`               do .env.example and the README's table name exactly what the program reads?
 * `npm run check:env -- --write`    makes both anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderExample, type Variable, variables } from '../src/config/variables.ts'

const fileAt = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const begin = '<!-- environment: made by `npm run check:env -- --write` -->'
const end = '<!-- /environment -->'

function renderRows(): string {
  const rows = (variables as readonly Variable[]).map(({ name, aliases, default: value, required, about }) => {
    const names = [name, ...(aliases ?? [])].map((each) => `\`${each}\``).join(', ')
    const preset = required ? '**required in production**' : value === undefined ? '' : `\`${value}\``
    return `| ${names} | ${preset} | ${about} |`
  })
  return ['| name | default | what it is |', '| --- | --- | --- |', ...rows].join('\n')
}

function withTable(readme: string): string {
  const [before, rest = ''] = readme.split(begin)
  const after = rest.split(end)[1] ?? ''
  return `${before}${begin}\n${renderRows()}\n${end}${after}`
}

const readme = readFileSync(fileAt('README.md'), 'utf8')

if (process.argv.includes('--write')) {
  writeFileSync(fileAt('.env.example'), renderExample())
  writeFileSync(fileAt('README.md'), withTable(readme))
  console.log('.env.example and the table in README.md are made anew.')
} else if (readFileSync(fileAt('.env.example'), 'utf8') === renderExample() && withTable(readme) === readme) {
  console.log('.env.example and the table in README.md name exactly what the program reads.')
} else {
  console.error(
    '.env.example or the table in README.md is not what src/config/variables.ts says.\n' +
      'Make both anew: npm run check:env -- --write',
  )
  process.exitCode = 1
}
