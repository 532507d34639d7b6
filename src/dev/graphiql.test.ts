import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../testing/app.ts'

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

test('serves no page if none is configured, as in production', async () => {
  await using plain = await startTestApp()
  const response = await fetch(`${plain.url}/graphql`, { headers: html })
  expect(await response.text()).not.toContain('<html')
})

describe.runIf(executablePath)('in a browser', () => {
  async function open(work: (page: Page) => Promise<void>): Promise<void> {
    const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), args })
    try {
      const page = await browser.newPage()
      await page.goto(`${app.url}/`)
      await page.waitForSelector('.graphiql-execute-button')
      await work(page)
    } finally {
      await browser.close()
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
      ])
      await page.click('.graphiql-execute-button')
      const result = page.locator('.result-window')
      await result.getByText('alice@example.com').waitFor()
      expect(await result.innerText()).toContain('"Alice"')
    })
  })
})
