import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { createSignals } from './signals.ts'

const done = { done: true, value: undefined }
const raised = { done: false, value: undefined }
const never = () => new AbortController().signal

/** Whether it has settled once everything that is ready has run. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending')
  const later = new Promise((resolve) => setImmediate(resolve, pending))
  return (await Promise.race([promise, later])) === pending
}

test('a wait yields for its own topic, and for no other', async () => {
  const signals = createSignals()
  const changes = signals.wait('one', never())[Symbol.asyncIterator]()
  const next = changes.next()
  signals.raise('other')
  expect(await isPending(next)).toBe(true)
  signals.raise('one')
  expect(await next).toEqual(raised)
})

test('raises before the first yield and between two yields are merged', async () => {
  const signals = createSignals()
  const changes = signals.wait('one', never())[Symbol.asyncIterator]()
  for (let n = 0; n < 3; n += 1) signals.raise('one')
  expect(await changes.next()).toEqual(raised)
  const next = changes.next()
  expect(await isPending(next)).toBe(true)
  signals.raiseAll()
  signals.raiseAll()
  expect(await next).toEqual(raised)
  expect(await isPending(changes.next())).toBe(true)
})

test('all waits for a topic yield', async () => {
  const signals = createSignals()
  const all = ['one', 'one', 'two'].map((topic) => signals.wait(topic, never())[Symbol.asyncIterator]())
  signals.raise('one')
  expect(await Promise.all(all.slice(0, 2).map((changes) => changes.next()))).toEqual([raised, raised])
  const third = all[2]?.next()
  expect(await isPending(third ?? Promise.resolve())).toBe(true)
  signals.raiseAll()
  expect(await third).toEqual(raised)
})

test('a wait ends with its signal and removes its listener', async () => {
  const signals = createSignals()
  const leaving = new AbortController()
  const changes = signals.wait('one', leaving.signal)[Symbol.asyncIterator]()
  const staying = signals.wait('one', never())[Symbol.asyncIterator]()
  const next = changes.next()
  expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1)
  leaving.abort()
  expect(await next).toEqual(done)
  expect(getEventListeners(leaving.signal, 'abort')).toEqual([])
  signals.raise('one')
  expect([await changes.next(), await staying.next()]).toEqual([done, raised])
})

test('a wait ends when its reader breaks out of the loop', async () => {
  const signals = createSignals()
  const { signal } = new AbortController()
  signals.raise('one')
  const changes = signals.wait('one', signal)
  signals.raise('one')
  for await (const _ of changes) break
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a wait whose signal has been aborted ends at once', async () => {
  const signals = createSignals()
  const signal = AbortSignal.abort()
  const changes = signals.wait('one', signal)[Symbol.asyncIterator]()
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(await changes.next()).toEqual(done)
})

test('all waits end at once', async () => {
  const signals = createSignals()
  const all = ['one', 'one', 'two'].map((topic) => signals.wait(topic, never())[Symbol.asyncIterator]().next())
  signals.endAll()
  expect(await Promise.all(all)).toEqual([done, done, done])
})
