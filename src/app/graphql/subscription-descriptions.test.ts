import { expect, test } from 'vitest'
import { costOf } from '../../graphql/limits/cost-of-operation.ts'
import { domains } from '../domains.ts'
import { buildSchema } from './build-schema.ts'

const subscriptions = Object.values(buildSchema(domains).getSubscriptionType()?.getFields() ?? {})

/** They send every event after a position. */
const events = subscriptions.filter(({ args }) => args.some(({ name }) => name === 'after'))
/** Streams of text send every part of it; they declare the cost of their events. */
const states = subscriptions.filter((field) => costOf(field).perEvent === undefined && !events.includes(field))

test('there are subscriptions', () => {
  expect(states.length).toBeGreaterThan(2)
})

test.each(states)('the description of $name says what is sent first, and what after a change', ({ description }) => {
  expect(description).toMatch(
    /^Sends the current .+ first, then the newest .+ after every change.*\(quick changes are merged\)/,
  )
})

test('there are subscriptions to events', () => {
  expect(events.map(({ name }) => name)).toContain('notificationReceived')
})

test.each(events.filter((field) => costOf(field).perEvent === undefined))(
  'the description of $name says that it continues after a cursor',
  ({ description }) => {
    expect(description).toMatch(
      /^Sends every .+ after the cursor, oldest first, then each new one\..*none is lost or sent twice/,
    )
  },
)
