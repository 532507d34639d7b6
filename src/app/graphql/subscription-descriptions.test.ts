import { expect, test } from 'vitest'
import { costOf } from '../../graphql/limits/cost-of-operation.ts'
import { domains } from '../domains.ts'
import { buildSchema } from './build-schema.ts'

const subscriptions = Object.values(buildSchema(domains).getSubscriptionType()?.getFields() ?? {})

/** Streams of text send every part of it; they declare the cost of their events. */
const states = subscriptions.filter((field) => costOf(field).perEvent === undefined)

test('there are subscriptions', () => {
  expect(states.length).toBeGreaterThan(2)
})

test.each(states)('the description of $name says what is sent first, and what after a change', ({ description }) => {
  expect(description).toMatch(
    /^Sends the current .+ first, then the newest .+ after every change.*\(quick changes are merged\)/,
  )
})
