import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  MarkNotificationsReadDocument,
  NotificationReceivedDocument,
  NotificationsDocument,
} from '../../../../operations/typed-operations.ts'
import type { User } from '../../../generated/prisma/client.ts'
import { startTestApp, type TestApp } from '../../../testing/app.ts'
import { openStream } from '../../../testing/event-stream.ts'
import { createUser } from '../../../testing/factories.ts'
import type { NewNotification } from '../index.ts'
import { notifications } from '../index.ts'
import { testNotification } from '../messages.ts'
import { testType } from '../send-test.ts'

const dayMs = 86_400_000
let app: TestApp
let count = 0
let email: string
let user: User
beforeAll(async () => {
  app = await startTestApp()
})
afterAll(() => app[Symbol.asyncDispose]())
beforeEach(async () => {
  count += 1
  email = `inbox-${count}@example.com`
  user = await createUser(app, email)
})

const newNotification = (key: string, userId = user.id): NewNotification => ({
  userId,
  type: testType,
  title: testNotification.testTitle(),
  body: testNotification.testBody(),
  dedupeKey: key,
})

const notifyAll = (items: readonly NewNotification[]) =>
  app.app.db.transaction((tx) => app.app.services(notifications).notifyUsers(tx, items, app.now))

async function inbox(as = email, variables: { unreadOnly?: boolean; after?: string; first?: number } = {}) {
  const { data, errors } = await app.run(as, NotificationsDocument, variables)
  if (!data.me) throw new Error(JSON.stringify(errors))
  return {
    unread: data.me.unreadNotificationCount,
    nodes: data.me.notifications.edges.map(({ node }) => node),
    page: data.me.notifications.pageInfo,
  }
}

async function markRead(input: { ids?: string[]; upTo?: string }) {
  const { data } = await app.run(email, MarkNotificationsReadDocument, { input })
  return data.markNotificationsRead
}

describe('creating notifications', () => {
  it('creates each once for a key, numbers them, and counts them as unread', async () => {
    const both = await Promise.all([
      notifyAll([newNotification('a'), newNotification('b')]),
      notifyAll([newNotification('b'), newNotification('a')]),
    ])
    expect(both.flat()).toHaveLength(2)
    const { unread, nodes } = await inbox()
    expect(unread).toBe(2)
    expect(nodes).toHaveLength(2)
    expect(nodes[0]).toMatchObject({
      kind: 'MESSAGE',
      title: 'A test notification.',
      readAt: null,
      deliveries: [{ channel: 'IN_APP', status: 'SENT', attempts: 1, failure: null }],
    })
  })

  it('creates none where the transaction is rolled back', async () => {
    const attempt = app.app.db.transaction(async (tx) => {
      await app.app.services(notifications).notifyUsers(tx, [newNotification('a')], app.now)
      throw new Error('rolled back')
    })
    await expect(attempt).rejects.toThrow('rolled back')
    expect(await inbox()).toMatchObject({ unread: 0, nodes: [] })
  })

  it('creates none for users who are being deleted', async () => {
    const other = await createUser(app, `deleting-${count}@example.com`, { standing: 'DELETING' })
    const created = await notifyAll([newNotification('a', other.id), newNotification('a')])
    expect(created).toMatchObject([{ userId: user.id }])
  })

  it('takes the same number of statements for one user as for many', async () => {
    const users = await Promise.all([1, 2, 3].map((at) => createUser(app, `many-${count}-${at}@example.com`)))
    app.takeStatements()
    await notifyAll([newNotification('one')])
    const one = app.takeStatements().length
    await notifyAll(users.flatMap(({ id }) => [newNotification('two', id), newNotification('three', id)]))
    expect(app.takeStatements()).toHaveLength(one)
    expect(one).toBe(4)
  })

  it('encrypts the text', async () => {
    await notifyAll([newNotification('a')])
    const row = await app.app.db.prisma.notification.findFirstOrThrow({ where: { userId: user.id } })
    expect(Buffer.from(row.text).toString('latin1')).not.toContain('testTitle')
  })
})

describe('the inbox', () => {
  it('is written in the language of the reader', async () => {
    await notifyAll([newNotification('a')])
    await app.app.db.prisma.user.update({ where: { id: user.id }, data: { chosenLocale: 'ko-KR' } })
    expect((await inbox()).nodes[0]?.title).toBe('테스트 알림입니다.')
  })

  it('has pages, and reads many in as many statements as few', async () => {
    await notifyAll([newNotification('0')])
    await inbox()
    app.takeStatements()
    await inbox()
    const few = app.takeStatements().length
    await notifyAll(Array.from({ length: 30 }, (_, at) => newNotification(`${at}`)))
    app.takeStatements()
    const first = await inbox(email, { first: 20 })
    expect(app.takeStatements()).toHaveLength(few)
    expect(first.nodes).toHaveLength(20)
    const rest = await inbox(email, { after: first.page.endCursor ?? '' })
    expect(first.nodes.at(-1)?.cursor).toBe(first.page.endCursor)
    expect(new Set([...first.nodes, ...rest.nodes].map(({ id }) => id)).size).toBe(30)
  })

  it('is not readable by other users', async () => {
    await notifyAll([newNotification('a')])
    const [{ id } = { id: '' }] = (await inbox()).nodes
    const other = await createUser(app, `other-${count}@example.com`)
    expect(other.id).not.toBe(user.id)
    const { data } = await app.query(`other-${count}@example.com`, 'query ($id: ID!) { node(id: $id) { id } }', { id })
    expect(data).toEqual({ node: null })
  })
})

describe('marking notifications as read', () => {
  it('marks some by their ids, and all up to a cursor', async () => {
    await notifyAll(['a', 'b', 'c', 'd'].map((key) => newNotification(key)))
    const { nodes } = await inbox()
    const [d, c, b, a] = nodes
    expect(await markRead({ ids: [d?.id ?? ''] })).toMatchObject({ unreadNotificationCount: 3 })
    expect(await markRead({ upTo: b?.cursor ?? '' })).toMatchObject({ unreadNotificationCount: 1 })
    expect(await markRead({ upTo: b?.cursor ?? '' })).toMatchObject({ unreadNotificationCount: 1 })
    const unread = await inbox(email, { unreadOnly: true })
    expect(unread.nodes.map(({ id }) => id)).toEqual([c?.id])
    const after = await inbox()
    expect(after.nodes.find(({ id }) => id === a?.id)?.deliveries).toMatchObject([
      { channel: 'IN_APP', status: 'READ' },
    ])
  })

  it('ignores notifications of others, and refuses both or none of ids and upTo', async () => {
    const other = await createUser(app, `reader-${count}@example.com`)
    await notifyAll([newNotification('a', other.id)])
    const [{ id, cursor } = { id: '', cursor: '' }] = (await inbox(`reader-${count}@example.com`)).nodes
    expect(await markRead({ ids: [id] })).toMatchObject({ unreadNotificationCount: 0 })
    expect((await inbox(`reader-${count}@example.com`)).unread).toBe(1)
    for (const input of [{}, { ids: [id], upTo: cursor }, { upTo: 'no cursor' }, { ids: ['no id'] }]) {
      expect(await markRead(input)).toMatchObject({ code: 'INVALID_INPUT' })
    }
  })

  it('reads the number of unread ones from one row, however many there are', async () => {
    await notifyAll(Array.from({ length: 500 }, (_, at) => newNotification(`${at}`)))
    await app.query(email, '{ me { unreadNotificationCount } }')
    app.takeStatements()
    expect((await app.query(email, '{ me { unreadNotificationCount } }')).data).toEqual({
      me: { unreadNotificationCount: 500 },
    })
    const statements = app.takeStatements()
    expect(statements).toHaveLength(2)
    expect(statements.join(' ')).not.toMatch(/"notifications"|count\(/i)
  })
})

describe('notificationReceived', () => {
  it('sends everything after the cursor, then each new one, in order and none twice', async () => {
    await notifyAll(['a', 'b', 'c'].map((key) => newNotification(key)))
    const { nodes } = await inbox()
    const stop = new AbortController()
    const after = nodes.at(-1)?.cursor ?? ''
    const stream = await openStream(app, await app.token(email), NotificationReceivedDocument, { after }, stop.signal)
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => notifyAll([newNotification(`${at} a`), newNotification(`${at} b`)])),
    )
    const received: string[] = []
    for await (const { data } of stream) {
      received.push(data.notificationReceived.id)
      if (received.length === 22) break
    }
    stop.abort()
    const all = (await inbox(email, { first: 100 })).nodes.map(({ id }) => id).reverse()
    expect(received).toEqual(all.slice(1))
  })

  it('sends only new ones without a cursor', async () => {
    await notifyAll([newNotification('a')])
    const stop = new AbortController()
    const stream = await openStream(app, await app.token(email), NotificationReceivedDocument, {}, stop.signal)
    await notifyAll([newNotification('b')])
    const { value } = await stream.next()
    expect(value?.data.notificationReceived.id).toBe((await inbox()).nodes[0]?.id)
    stop.abort()
  })

  it('refuses a cursor of another list', async () => {
    const opened = openStream(app, await app.token(email), NotificationReceivedDocument, { after: 'x' })
    const first = await opened.then((stream) => stream.next())
    expect(first.value?.errors?.[0]?.extensions.code).toBe('INVALID_INPUT')
  })
})

describe('pruning', () => {
  it('deletes notifications after 90 days, and no longer counts them', async () => {
    await notifyAll([newNotification('old')])
    const before = app.now
    app.now = new Date(before.getTime() + 91 * dayMs)
    await notifyAll([newNotification('new')])
    await app.runJob('notifications.prune')
    // The tokens of tests expire.
    app.now = before
    const { unread, nodes } = await inbox()
    expect(unread).toBe(1)
    expect(nodes).toHaveLength(1)
  })
})
