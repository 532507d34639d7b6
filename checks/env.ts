/*
 * `npm run check:env`               does .env.example name exactly what the program reads?
 * `npm run check:env -- --write`    makes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { renderExample } from '../src/config/variables.ts'

const file = fileURLToPath(new URL('../.env.example', import.meta.url))

if (process.argv.includes('--write')) {
  writeFileSync(file, renderExample())
  console.log('.env.example is made anew.')
} else if (readFileSync(file, 'utf8') === renderExample()) {
  console.log('.env.example names exactly what the program reads.')
} else {
  console.error('.env.example is not what src/config/variables.ts says. Make it anew: npm run check:env -- --write')
  process.exitCode = 1
}
