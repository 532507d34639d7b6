import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { grant } from '../domains/credits/index.ts'
import { startTestApp, type TestApp } from '../testing/app.ts'
import { createUser } from '../testing/factories.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)
const args = ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update']

let app: TestApp
beforeAll(async () => {
  app = await startTestApp({ graphiqlFor: 'alice@example.com' })
})
afterAll(() => app[Symbol.asyncDispose]())

const html = { accept: 'text/html' }

test('the page loads nothing from other hosts', async () => {
  const page = await (await fetch(`${app.url}/graphql`, { headers: html })).text()
  expect(page).toContain('renderYogaGraphiQL')
  expect(page).not.toMatch(/(?:src|href)="https?:/)
})

test('the page says that its user was deleted, and how to continue', async () => {
  const email = 'pat@example.com'
  await using other = await startTestApp({ databaseUrl: app.databaseUrl, graphiqlFor: email })
  const read = async () => (await fetch(`${other.url}/graphql`, { headers: html })).text()
  expect(await read()).not.toContain('role="alert">')
  await createUser(other, email, { standing: 'DELETING' })
  expect(await read()).toMatch(/role="alert">The account of pat@example.com was deleted.*npm run token -- pat\+2@/)
})

test('serves no page if none is configured, as in production', async () => {
  await using plain = await startTestApp()
  const response = await fetch(`${plain.url}/graphql`, { headers: html })
  expect(await response.text()).not.toContain('<html')
})

// A page of 9 MB of scripts takes seconds to start where other tests run.
describe.runIf(executablePath)('in a browser', { timeout: 90_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args })
  })
  afterAll(() => browser.close())

  /** Opens GraphiQL in a context of its own, which has no storage, cookies or cache of another test. */
  async function open(work: (page: Page) => Promise<void>): Promise<void> {
    const context = await browser.newContext()
    try {
      const page = await context.newPage()
      page.setDefaultTimeout(80_000)
      await page.goto(`${app.url}/`)
      await page.waitForSelector('.graphiql-execute-button')
      await work(page)
    } finally {
      await context.close()
    }
  }

  test('opens with the operations as tabs, signed in, and runs one', async () => {
    await open(async (page) => {
      const tabs = await page.locator('.graphiql-tab').allInnerTexts()
      expect(tabs.map((tab) => tab.trim())).toEqual([
        'Me',
        'RequestUpload',
        'CompleteUpload',
        'Activity',
        'ActivityUpdated',
        'Summaries',
        'Uploads',
        'UpdateActivity',
        'RequestDataExport',
        'DeleteAccount',
        'UpdateProfile',
        'Credits',
        'GrantCredits',
        'FindPeople',
        'MyPlan',
        'StartCheckout',
        'CancelSubscription',
        'PlansAndUsage',
        'ContinueUpload',
        'Videos',
        'GenerateVideo',
        'VideoUpdated',
        'Notifications',
        'NotificationReceived',
        'MarkNotificationsRead',
        'NotificationPreferences',
        'UpdateNotificationPreferences',
        'SendTestNotification',
        'RegisterPushDevice',
        'RemovePushDevice',
        'ConfirmDelivery',
      ])
      await page.click('.graphiql-execute-button')
      const result = page.locator('.result-window')
      await result.getByText('alice@example.com').waitFor()
      expect(await result.innerText()).toContain('"Alice"')
    })
  })

  test('clicks on tabs run a query, a mutation and a subscription, which shows every new state', async () => {
    await open(async (page) => {
      const result = page.locator('.result-window')
      await page.click('.graphiql-tab-button >> text="UpdateProfile"')
      await page.click('.graphiql-execute-button')
      await result.getByText('"Europe/Berlin"').waitFor()

      await page.click('.graphiql-tab-button >> text="Credits"')
      // The tab has two operations, so the button opens a menu.
      await page.click('.graphiql-execute-button')
      await page.click('[role="menuitem"] >> text="Credits"')
      await result.getByText('creditTransactions').waitFor()

      await page.click('.graphiql-execute-button')
      await page.click('[role="menuitem"] >> text="CreditBalanceChanged"')
      await result.getByText('creditBalanceChanged').waitFor()
      const { id: userId } = await app.app.db.prisma.user.findFirstOrThrow({ where: { firstName: 'Alice' } })
      const gift = { userId, amount: 23, source: 'GIFTS', key: 'a gift', description: 'A gift', now: app.now } as const
      await app.app.db.transaction((tx) => grant(tx, gift))
      await result.getByText('123').waitFor()
    })
  })

  test('a reload after an operation opens the same tab, signed in', async () => {
    await open(async (page) => {
      const result = page.locator('.result-window')
      await page.click('.graphiql-execute-button')
      await result.getByText('alice@example.com').waitFor()
      const tabs = await page.locator('.graphiql-tab').allInnerTexts()
      await page.reload()
      await page.waitForSelector('.graphiql-execute-button')
      expect(await page.locator('.graphiql-tab').allInnerTexts()).toEqual(tabs)
      expect(await page.locator('.graphiql-tab-active').innerText()).toContain('Me')
      await page.click('.graphiql-execute-button')
      await result.getByText('alice@example.com').waitFor()
    })
  })
})
