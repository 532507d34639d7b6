import { expect, test } from 'vitest'
import { readSettings } from '../../config/config.ts'
import { disabledFeatures } from './disabled-features.ts'

test('lists each disabled feature with the variables that it needs', () => {
  const off = disabledFeatures(readSettings({}))
  expect(off).toHaveLength(4)
  for (const name of [
    'WEBHOOK_AUTHORIZATION',
    'WEBHOOK_SECRET',
    'API_KEY.',
    'API_KEY_V2',
    'PROJECT_ID',
    'WEB_PURCHASE',
  ]) {
    expect(off.join('\n')).toContain(`REVENUECAT_${name}`)
  }
})

test('does not list configured features', () => {
  const webhook = { REVENUECAT_WEBHOOK_SECRET: 'a signing secret of RevenueCat' }
  expect(disabledFeatures(readSettings(webhook)).join()).not.toContain('WEBHOOK')
  const v1 = { REVENUECAT_API_KEY: 'sk_one', REVENUECAT_WEB_PURCHASE_LINK: 'abc' }
  const v2 = { REVENUECAT_API_KEY_V2: 'sk_two', REVENUECAT_PROJECT_ID: 'proj1' }
  expect(disabledFeatures(readSettings({ ...webhook, ...v1, ...v2 }))).toEqual([])
})
