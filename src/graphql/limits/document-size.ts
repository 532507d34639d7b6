import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql'

/**
 * Our largest operation has a depth of 8, 40 fields, three of one name and no alias; GraphiQL's introspection is 14
 * levels deep. Validation compares fields that answer as the same name in pairs, at up to 0.4 µs each.
 */
const most = {
  depth: 20,
  fields: 500,
  'fields of one name': 100,
  aliases: 50,
  directives: 50,
  fragments: 50,
  operations: 20,
} as const

type Measure = keyof typeof most

/** Refuses a document that holds more than a validation of few milliseconds bears. */
export function checkSize(document: DocumentNode): void {
  const asked = measure(document)
  for (const name of Object.keys(most) as Measure[]) if (asked[name] > most[name]) throw tooMuch(name, asked[name])
}

function tooMuch(name: Measure, asked: number): GraphQLError {
  const what = name === 'depth' ? `is ${asked} fields deep` : `has ${asked} ${name}`
  return new GraphQLError(`The document ${what}; ${most[name]} are allowed. Ask for less at once.`, {
    extensions: { code: 'OPERATION_TOO_LARGE', limit: name, allowed: most[name], asked },
  })
}

function measure(document: DocumentNode): Record<Measure, number> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const asked = { depth: 0, fields: 0, aliases: 0, directives: 0, fragments: 0, operations: 0 }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const depths = new Map<string, number>()
  const named = new Map<string, number>()
  visit(document, {
    Field: ({ alias, name }) => {
      asked.fields += 1
      if (alias) asked.aliases += 1
      const key = (alias ?? name).value
      named.set(key, (named.get(key) ?? 0) + 1)
    },
    Directive: () => {
      asked.directives += 1
    },
    FragmentSpread: () => {
      asked.fragments += 1
    },
    OperationDefinition: ({ selectionSet }) => {
      asked.operations += 1
      asked.depth = Math.max(asked.depth, depthOf(selectionSet, fragments, depths))
    },
  })
  return { ...asked, 'fields of one name': Math.max(0, ...named.values()) }
}

/** Each fragment is measured once, however often it is spread; one that holds itself is refused by validation. */
function depthOf(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  depths: Map<string, number>,
): number {
  return selections.reduce((deepest, selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const name = selection.name.value
      const fragment = fragments.get(name)
      if (!depths.has(name) && fragment) {
        depths.set(name, 0)
        depths.set(name, depthOf(fragment.selectionSet, fragments, depths))
      }
      return Math.max(deepest, depths.get(name) ?? 0)
    }
    const below = selection.selectionSet ? depthOf(selection.selectionSet, fragments, depths) : 0
    return Math.max(deepest, selection.kind === Kind.FIELD ? below + 1 : below)
  }, 0)
}
