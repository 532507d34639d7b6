import {
  type GraphQLArgument,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql'

/** Every type, field, argument and enum value of the schema that has no description. */
export function undescribed(schema: GraphQLSchema): string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) => {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) return []
    const own = type.description ? [] : [type.name]
    if (isEnumType(type)) return [...own, ...bare(type.name, type.getValues())]
    if (isInputObjectType(type)) return [...own, ...bare(type.name, Object.values(type.getFields()))]
    if (!isObjectType(type) && !isInterfaceType(type)) return own
    const fields = Object.values(type.getFields())
    const args = fields.flatMap((field) => bare(`${type.name}.${field.name}`, field.args))
    return [...own, ...bare(type.name, fields), ...args]
  })
}

function bare(owner: string, parts: readonly Pick<GraphQLArgument, 'name' | 'description'>[]): string[] {
  return parts.filter((part) => !part.description).map((part) => `${owner}.${part.name}`)
}
