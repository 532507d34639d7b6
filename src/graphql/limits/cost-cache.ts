import type { OperationDefinitionNode } from 'graphql'
import { type CostedOperation, costOfOperation } from './cost-of-operation.ts'

interface CachedCosts {
  /** The variables that the cost depends on: page lengths. */
  readonly names: readonly string[]
  readonly costs: Map<string, number>
}

/** Front ends send the same documents with a few different page lengths. */
const maxCostsPerOperation = 50
/** Front ends use few variables for page lengths. Longer keys are not worth the memory. */
const maxKeyLength = 200

/** Caches the costs of cached documents by the values of their page length variables (0.4 µs instead of 32). */
export function cacheCosts(): (input: CostedOperation) => number {
  const cache = new WeakMap<OperationDefinitionNode, CachedCosts>()
  return (input) => {
    const { operation, variables } = input
    const cached = cache.get(operation)
    if (!cached) {
      const names = new Set<string>()
      const cost = costOfOperation(input, (name) => names.add(name))
      const { key, costs } = { key: keyOf([...names], variables), costs: new Map<string, number>() }
      cache.set(operation, { names: [...names], costs: costs.set(key, cost) })
      return cost
    }
    const key = keyOf(cached.names, variables)
    const cost = cached.costs.get(key) ?? costOfOperation(input)
    if (key.length > maxKeyLength) return cost
    if (cached.costs.size >= maxCostsPerOperation) cached.costs.clear()
    cached.costs.set(key, cost)
    return cost
  }
}

function keyOf(names: readonly string[], variables: CostedOperation['variables']): string {
  return names.map((name) => keyPartOf(variables[name])).join()
}

/** A list is represented by its length, and any other value that is not a number by a placeholder. */
function keyPartOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'number') return String(value)
  return Array.isArray(value) ? `[${value.length}` : '?'
}
