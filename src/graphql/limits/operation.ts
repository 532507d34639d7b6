import {
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  type SelectionSetNode,
  type ValidationContext,
  visit,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'

/** Our largest operation has a depth of 8 and no alias; GraphiQL's introspection is 14 levels deep. */
const most = { depth: 20, aliases: 50, directives: 50, fragments: 50, operations: 20 } as const

type Measure = keyof typeof most

/** Bounds what a document holds, as one rule of the validation: Yoga remembers its result with the document's. */
export function boundedOperation({ isOpen }: { readonly isOpen: boolean }): Plugin {
  return {
    onValidate({ addValidationRule, validateFn, setValidationFn }) {
      addValidationRule(withinLimits)
      if (isOpen) return
      addValidationRule(NoSchemaIntrospectionCustomRule)
      // "Did you mean" would tell the schema name by name.
      setValidationFn((schema, document, rules, options) =>
        validateFn(schema, document, rules, { ...(options as object), hideSuggestions: true }),
      )
    },
    onExecute({ args }) {
      if (!isOpen) Object.assign(args, { hideSuggestions: true })
    },
    onSubscribe({ args }) {
      if (!isOpen) Object.assign(args, { hideSuggestions: true })
    },
  }
}

function withinLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const asked = measure(document)
      for (const name of Object.keys(most) as Measure[]) {
        if (asked[name] > most[name]) context.reportError(tooMuch(name, asked[name]))
      }
    },
  }
}

function tooMuch(name: Measure, asked: number): GraphQLError {
  const what = name === 'depth' ? `is ${asked} fields deep` : `has ${asked} ${name}`
  return new GraphQLError(`The document ${what}; ${most[name]} are allowed. Ask for less at once.`, {
    extensions: { code: 'OPERATION_TOO_LARGE', limit: name, allowed: most[name], asked },
  })
}

function measure(document: DocumentNode): Record<Measure, number> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const asked = { depth: 0, aliases: 0, directives: 0, fragments: 0, operations: 0 }
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const depths = new Map<string, number>()
  visit(document, {
    Field: ({ alias }) => {
      if (alias) asked.aliases += 1
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
  return asked
}

/** Each fragment is measured once, however often it is spread; one that holds itself is refused by another rule. */
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
