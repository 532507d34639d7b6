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
 * levels deep. Validation compares fields with the same response name in pairs, at up to 0.4 µs per pair.
 */
const maximum = {
  depth: 20,
  fields: 500,
  'fields of one name': 100,
  aliases: 50,
  directives: 50,
  fragments: 50,
  operations: 20,
} as const

type Measure = keyof typeof maximum

/** Rejects a document that would take more than a few milliseconds to validate. */
export function checkSize(document: DocumentNode): void {
  const actual = measure(document)
  for (const name of Object.keys(maximum) as Measure[]) {
    if (actual[name] > maximum[name]) throw tooLarge(name, actual[name])
  }
}

function tooLarge(name: Measure, actual: number): GraphQLError {
  const what = name === 'depth' ? `has a depth of ${actual} fields` : `has ${actual} ${name}`
  return new GraphQLError(`The document ${what}; the maximum is ${maximum[name]}. Split it into smaller operations.`, {
    extensions: { code: 'OPERATION_TOO_LARGE', limit: name, allowed: maximum[name], asked: actual },
  })
}

function measure(document: DocumentNode): Record<Measure, number> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const counts = { depth: 0, fields: 0, aliases: 0, directives: 0, fragments: 0, operations: 0 }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const depths = new Map<string, number>()
  const fieldsByName = new Map<string, number>()
  visit(document, {
    Field: ({ alias, name }) => {
      counts.fields += 1
      if (alias) counts.aliases += 1
      const key = (alias ?? name).value
      fieldsByName.set(key, (fieldsByName.get(key) ?? 0) + 1)
    },
    Directive: () => {
      counts.directives += 1
    },
    FragmentSpread: () => {
      counts.fragments += 1
    },
    OperationDefinition: ({ selectionSet }) => {
      counts.operations += 1
      counts.depth = Math.max(counts.depth, depthOf(selectionSet, fragments, depths))
    },
  })
  return { ...counts, 'fields of one name': Math.max(0, ...fieldsByName.values()) }
}

/** Measures each fragment once, however often it is spread. Validation rejects a fragment that spreads itself. */
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
