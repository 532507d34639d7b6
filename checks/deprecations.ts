import { type GraphQLSchema, isEnumType, isInputObjectType, isInterfaceType, isObjectType } from 'graphql'

interface Part {
  readonly name: string
  readonly deprecationReason?: string | null | undefined
}

/** Every deprecated part of the schema whose reason names no date after which it may be removed. */
export function withoutRemovalDate(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (type.name.startsWith('__')) return []
    if (isEnumType(type)) return undated(type.name, type.getValues())
    if (isInputObjectType(type)) return undated(type.name, Object.values(type.getFields()))
    if (!isObjectType(type) && !isInterfaceType(type)) return []
    const fields = Object.values(type.getFields())
    return [...undated(type.name, fields), ...fields.flatMap(({ name, args }) => undated(`${type.name}.${name}`, args))]
  })
}

function undated(owner: string, parts: readonly Part[]): string[] {
  return parts
    .filter(({ deprecationReason }) => deprecationReason != null && !/\b\d{4}-\d{2}-\d{2}\b/.test(deprecationReason))
    .map(({ name }) => `${owner}.${name}`)
}
