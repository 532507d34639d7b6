import type { GraphQLField, GraphQLSchema } from 'graphql'
import { costOf } from './cost-of-operation.ts'
import type { FieldCost } from './field-cost.ts'

type Price = (operationCost: number) => number

/** By the context of a subscription: the prices of the events that have not been paid for. */
const unpaid = new WeakMap<object, Price[]>()

/** The apps of one process share the schema. */
const priced = new WeakSet<GraphQLField<unknown, unknown>>()

/** Has the subscriptions that declare `perEvent` note their events. Repeating it has no further effect. */
export function priceEvents(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    const cost = costOf(field)
    const { subscribe } = field
    if (!cost.perEvent || !subscribe || priced.has(field)) continue
    priced.add(field)
    field.subscribe = async (source, args, context, info) => {
      const events = (await subscribe.call(field, source, args, context, info)) as AsyncIterable<unknown>
      return noteEvents(events, cost, context as object)
    }
  }
}

async function* noteEvents(events: AsyncIterable<unknown>, cost: FieldCost, context: object): AsyncGenerator<unknown> {
  const prices: Price[] = []
  unpaid.set(context, prices)
  for await (const event of events) {
    prices.push((operationCost) => cost.perEvent?.(event, operationCost) ?? 0)
    yield event
  }
}

/** The declared cost of the events since the last call; undefined where the subscription declares none. */
export function takeEventCost(context: object, operationCost: number): number | undefined {
  const prices = unpaid.get(context)
  return prices?.splice(0).reduce((sum, price) => sum + price(operationCost), 0)
}
