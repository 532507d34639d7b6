import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import type { FieldCost } from './field-cost.ts'

type Values = Readonly<Record<string, unknown>>

export interface CostedOperation {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Values
}

/** The assumed number of rows of a list of objects without a declared length. */
const itemsOfList = 10
/** `__schema` and `__type` return hundreds of values, from memory. */
const introspectionCost = 100
/** A transaction of a few statements. */
const mutationCost = 10

/**
 * The maximum cost of an operation, computed before anything is read: the declared cost of each field times the length
 * of every page around it. The fields of all members of a union are added up. Calls `onRead` with the name of every
 * variable that the cost depends on.
 */
export function costOfOperation(input: CostedOperation, onRead: (variable: string) => void = () => undefined): number {
  const { schema, operation, fragments, variables } = input
  const mutations = schema.getMutationType()
  const root = schema.getRootType(operation.operation)
  const values = trackReads({ ...defaultsOf(operation), ...variables }, onRead)
  const fragmentCosts = new Map<string, number>()

  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | undefined, page: number): number =>
    set.selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + ofField(selection, type, page)
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sum + ofFragment(selection.name.value, page)
      const on = selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type
      return sum + ofSelections(selection.selectionSet, on, page)
    }, 0)

  // Cached, because fragments that spread each other can expand to exponentially many fields.
  const ofFragment = (name: string, page: number): number => {
    const key = `${name} ${page}`
    const fragment = fragments.get(name)
    const cost =
      fragmentCosts.get(key) ??
      (fragment ? ofSelections(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), page) : 0)
    fragmentCosts.set(key, cost)
    return cost
  }

  const ofField = (node: FieldNode, parent: GraphQLNamedType | undefined, page: number): number => {
    const name = node.name.value
    if (name.startsWith('__')) return name === '__typename' ? 0 : introspectionCost
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    if (!field) return 0
    const type = getNamedType(field.type)
    const { own: declaredOwn, items: declaredItems } = costOf(field)
    const isOfPage = isConnection(parent)
    const rows = isList(field.type) ? itemsOfList : 1
    const defaultCost = parent === mutations ? mutationCost : isLeafType(type) || isOfPage ? 0 : rows
    const own = amountOf(declaredOwn ?? defaultCost, field, node, values)
    if (!node.selectionSet) return own
    const items = amountOf(declaredItems ?? rows, field, node, values)
    const multiplier = isConnection(type) ? 1 : isOfPage && isList(field.type) ? page : items
    return own + multiplier * ofSelections(node.selectionSet, type, isConnection(type) ? items : page)
  }

  return root ? ofSelections(operation.selectionSet, root, 1) : 0
}

function amountOf(
  amount: NonNullable<FieldCost['own']>,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Values,
): number {
  if (typeof amount === 'number') return amount
  const given = (node.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)])
  const defaults = field.args.map((arg) => [arg.name, arg.default?.value])
  return amount({
    ...Object.fromEntries(defaults),
    ...Object.fromEntries(given.filter(([, value]) => value !== undefined)),
  })
}

function trackReads(values: Values, onRead: (name: string) => void): Values {
  return new Proxy(values, {
    get(target, name) {
      onRead(String(name))
      return target[String(name)]
    },
  })
}

function defaultsOf({ variableDefinitions }: OperationDefinitionNode): Values {
  return Object.fromEntries(
    (variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  )
}

export function costOf({ extensions }: Pick<GraphQLField<unknown, unknown>, 'extensions'>): FieldCost {
  return (extensions.cost as FieldCost | undefined) ?? {}
}

const isConnection = (type: GraphQLNamedType | undefined) => type?.name.endsWith('Connection') ?? false
const isList = (type: GraphQLOutputType) => isListType(getNullableType(type))
