/*
 * `npm run check:operations`, first part. Does every shipped operation have a description and graphql-js' format
 * (`node checks/operations.ts --write` writes it)? Does it select `id` where a type has one? A client's cache merges what
 * several operations return of an object by its id; without it, each of them replaces the object of the others and
 * requests it again. The second part, graphql-codegen, compares the generated types.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { buildSchema, parse, print } from 'graphql'
import { operationProblems } from './operation-problems.ts'

const project = new URL('../', import.meta.url)
const schema = buildSchema(readFileSync(new URL('schema.graphql', project), 'utf8'))
const isWriting = process.argv.includes('--write')
const folder = new URL('operations/', project)
const problems = readdirSync(folder)
  .filter((name) => name.endsWith('.graphql'))
  .flatMap((name) => {
    const file = new URL(name, folder)
    const text = readFileSync(file, 'utf8')
    const document = parse(text)
    const formatted = `${print(document)}\n`
    if (isWriting && text !== formatted) writeFileSync(file, formatted)
    const format = isWriting || text === formatted ? [] : ['is not formatted: `node checks/operations.ts --write`']
    return [...format, ...operationProblems(schema, document)].map((problem) => `operations/${name}: ${problem}`)
  })

if (problems.length === 0) console.log('Every operation has a description and selects the ids of its objects.')
else {
  process.exitCode = 1
  for (const problem of problems) console.error(problem)
}
