import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql'

/** Whether anything of the schema is deprecated. */
export function hasDeprecations(schema: GraphQLSchema): boolean {
  return Object.values(schema.getTypeMap()).some((type) => {
    if (type.name.startsWith('__')) return false
    if (isEnumType(type)) return type.getValues().some(isDeprecated)
    if (isInputObjectType(type)) return Object.values(type.getFields()).some(isDeprecated)
    if (!isObjectType(type) && !isInterfaceType(type)) return false
    return Object.values(type.getFields()).some((field) => isDeprecated(field) || field.args.some(isDeprecated))
  })
}

const isDeprecated = ({ deprecationReason }: { readonly deprecationReason?: string | null | undefined }) =>
  deprecationReason != null

/** The deprecated parts of the schema that a document names: `User.name`, `Query.users(search:)`, `Sport.RUN`, `Input.field`. */
export function deprecatedInDocument(schema: GraphQLSchema, document: DocumentNode): ReadonlySet<string> {
  const uses = new Set<string>()
  const types = new TypeInfo(schema)
  visit(
    document,
    visitWithTypeInfo(types, {
      Field() {
        const field = types.getFieldDef()
        if (field && isDeprecated(field)) uses.add(`${types.getParentType()?.name}.${field.name}`)
      },
      Argument({ name }) {
        const [argument, field] = [types.getArgument(), types.getFieldDef()]
        if (field && argument && isDeprecated(argument)) {
          uses.add(`${types.getParentType()?.name}.${field.name}(${name.value}:)`)
        }
      },
      ObjectField({ name }) {
        const type = getNamedType(types.getParentInputType())
        const field = isInputObjectType(type) ? type.getFields()[name.value] : undefined
        if (type && field && isDeprecated(field)) uses.add(`${type.name}.${name.value}`)
      },
      EnumValue({ value }) {
        const [type, definition] = [getNamedType(types.getInputType()), types.getEnumValue()]
        if (type && definition && isDeprecated(definition)) uses.add(`${type.name}.${value}`)
      },
    }),
  )
  return uses
}

/** The deprecated input fields and enum values that the variables of a document contain. */
export function deprecatedInVariables(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): ReadonlySet<string> {
  const uses = new Set<string>()
  const walk = (type: GraphQLInputType, value: unknown): void => {
    if (value == null) return
    if (isNonNullType(type)) walk(type.ofType, value)
    else if (isListType(type)) {
      for (const item of Array.isArray(value) ? value : [value]) walk(type.ofType, item)
    } else if (isEnumType(type)) {
      const definition = typeof value === 'string' ? type.getValue(value) : undefined
      if (definition && isDeprecated(definition)) uses.add(`${type.name}.${definition.name}`)
    } else if (isInputObjectType(type) && typeof value === 'object') {
      for (const [name, field] of Object.entries(type.getFields())) {
        if (!Object.hasOwn(value, name)) continue
        if (isDeprecated(field)) uses.add(`${type.name}.${name}`)
        walk(field.type, (value as Record<string, unknown>)[name])
      }
    }
  }
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    for (const { variable, type } of definition.variableDefinitions ?? []) {
      const inputType = typeFromAST(schema, type)
      const name = variable.name.value
      if (inputType && Object.hasOwn(variables, name)) walk(inputType as GraphQLInputType, variables[name])
    }
  }
  return uses
}
