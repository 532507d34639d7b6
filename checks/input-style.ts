import type { GraphQLSchema } from 'graphql'

/** The mutations of the schema that do not take exactly one argument `input: XInput!`, where X is the name of the field. */
export function otherInputStyles(schema: GraphQLSchema): string[] {
  return Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args }) => {
    const expected = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`
    const [input, ...others] = args
    const isExpected = input?.name === 'input' && String(input.type) === expected && others.length === 0
    return isExpected ? [] : [`Mutation.${name} must take one argument, input: ${expected}`]
  })
}
