import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Model {
  /** As in the schema: `LedgerAccount`. */
  readonly name: string
  readonly table: string
  /** The schema file that declares it: `credits` for prisma/credits.prisma. */
  readonly owner: string
  /** The models that its relation fields lead to, by the field's name. */
  readonly relations: ReadonlyMap<string, string>
}

/** The models of prisma/*.prisma, by name. */
export function readModels(folder = fileURLToPath(new URL('../prisma', import.meta.url))): ReadonlyMap<string, Model> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.prisma'))
  const models = files.flatMap((name) => {
    const text = readFileSync(`${folder}/${name}`, 'utf8')
    return [...text.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, model = '', body = '']) => ({
      name: model,
      table: /^\s*@@map\("(\w+)"\)/m.exec(body)?.[1] ?? model,
      owner: name.replace(/[.]prisma$/, ''),
      fields: [...body.matchAll(/^ {2}(\w+) +(\w+)/gm)].map(([, field = '', type = '']) => [field, type] as const),
    }))
  })
  const names = new Set(models.map(({ name }) => name))
  return new Map(
    models.map(({ fields, ...model }) => [
      model.name,
      { ...model, relations: new Map(fields.filter(([, type]) => names.has(type))) },
    ]),
  )
}
