import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { PurchaseEvent } from '../../domains/billing/ports.ts'
import { createRevenueCatWebhooks } from './webhooks.ts'

const webhooks = createRevenueCatWebhooks({ authorizations: ['Bearer of this test'], secrets: [] })
const headers = { authorization: 'Bearer of this test' }

/** Verifies and reads a delivery. */
function read(body: string): PurchaseEvent {
  const bytes = Buffer.from(body)
  const verified = webhooks.verify({ body: bytes, headers, now: new Date() })
  const event = webhooks.read(bytes)
  expect(verified).toMatchObject({ eventId: event.eventId, type: event.type, sentAt: event.occurredAt })
  return event
}

const required = { id: 'event_1', type: 'RENEWAL', event_timestamp_ms: 1_795_251_600_000 }
const readEvent = (fields: object) => read(JSON.stringify({ event: { ...required, ...fields } }))

const anonymous = (rest: string) => `$RCAnonymousID:${rest}`
const both = [anonymous('87c6049c58069238dce29853916d624c'), anonymous('8069238d6049ce87cc529853916d624c')]
const user = { names: ['1234567890', ...both] }
const weekly = {
  environment: 'PRODUCTION',
  subscriptionKey: '123456789012345',
  transactionId: '123456789012345',
  productId: 'com.subscription.weekly',
  entitlementKeys: ['pro'],
  store: 'APP_STORE',
  periodType: 'NORMAL',
  isFamilyShare: false,
  graceEndsAt: null,
  resumesAt: null,
  reason: null,
  quantity: 1,
}
const nothing = {
  subscriptionKey: null,
  transactionId: null,
  entitlementKeys: [],
  isFamilyShare: false,
  purchasedAt: null,
  expiresAt: null,
  graceEndsAt: null,
  reason: null,
  quantity: 1,
}
const at = (milliseconds: number) => new Date(milliseconds)

const fixtures = new URL('../../../../shared/fixtures/revenuecat/', import.meta.url)

describe.runIf(existsSync(fixtures))('recorded events of RevenueCat', () => {
  const billingIssue = {
    names: [anonymous('12345678-1234-1234-1234-123456789123')],
    subscriptionKey: '100000000000000',
    transactionId: '100000000000002',
    expiresAt: at(1_601_319_047_000),
  }
  const expected: Readonly<Record<string, Partial<PurchaseEvent>>> = {
    BILLING_ISSUE: { ...billingIssue, graceEndsAt: at(1_601_933_447_000) },
    BILLING_ISSUE_no_grace_key: { ...billingIssue, graceEndsAt: null },
    CANCELLATION: {
      eventId: '12345678-ABCD-1234-ABCD-12345678912',
      names: [
        anonymous('12345678-1234-1234-1234-123456789123'),
        anonymous('12345678-1234-ABCD-1234-123456789123'),
        'user_1234',
      ],
      reason: 'UNSUBSCRIBE',
    },
    CANCELLATION_billing_error_play: {
      names: [anonymous('0000000000000000000000000000000b')],
      environment: 'SANDBOX',
      subscriptionKey: 'GPA.0000-4204-5621-00000',
      store: 'PLAY_STORE',
      isFamilyShare: false,
      reason: 'BILLING_ERROR',
    },
    CANCELLATION_refund: {
      occurredAt: at(1_601_337_615_995),
      expiresAt: at(1_601_336_705_000),
      reason: 'CUSTOMER_SUPPORT',
    },
    CANCELLATION_trial: { ...user, periodType: 'TRIAL', entitlementKeys: ['Premium'], reason: 'UNSUBSCRIBE' },
    EXPERIMENT_ENROLLMENT: { ...nothing, environment: null, store: null, productId: null, periodType: null },
    EXPIRATION: { ...weekly, names: ['1234567890', both[1] ?? ''], reason: 'UNSUBSCRIBE' },
    INITIAL_PURCHASE: {
      ...user,
      ...weekly,
      eventId: '12345678-1234-1234-1234-123456789012',
      type: 'INITIAL_PURCHASE',
      occurredAt: at(1_658_726_378_679),
      transferredTo: [],
      purchasedAt: at(1_658_726_374_000),
      expiresAt: at(1_659_331_174_000),
    },
    INITIAL_PURCHASE_fields_page: {
      eventId: 'UniqueIdentifierOfEvent',
      names: ['yourCustomerAppUserID', 'OriginalAppUserID', 'yourCustomerAliasedID'],
      subscriptionKey: '1530648507000',
      transactionId: '170000869511114',
      entitlementKeys: ['pro_cat'],
    },
    INITIAL_PURCHASE_trial: { periodType: 'TRIAL', store: 'PLAY_STORE', expiresAt: at(1_658_992_117_958) },
    INVOICE_ISSUANCE: { ...nothing, purchasedAt: at(1_745_004_447_283), store: 'RC_BILLING', periodType: null },
    NON_RENEWING_PURCHASE: { transactionId: '123456789012345', productId: '2100_tokens', expiresAt: null, quantity: 1 },
    PAYWALL_COMPONENT_INTERACTED: { ...nothing, names: ['app-user'], environment: 'SANDBOX', productId: null },
    PRODUCT_CHANGE: { productId: 'com.revenuecat.myapp.monthly', subscriptionKey: 'GPA.1234-1234-1234-12345' },
    REFUND_REVERSED: { ...weekly, names: ['1234567890', both[1] ?? ''], expiresAt: at(1_697_451_423_000) },
    RENEWAL: { ...user, ...weekly, purchasedAt: at(1_658_755_132_000), expiresAt: at(1_659_359_932_000) },
    SUBSCRIPTION_EXTENDED: { ...weekly, expiresAt: at(1_697_451_423_000) },
    SUBSCRIPTION_PAUSED: { store: 'PLAY_STORE', productId: 'premium', resumesAt: at(1_657_951_448_845) },
    TEMPORARY_ENTITLEMENT_GRANT: { ...nothing, names: ['41234567890'], store: 'APP_STORE', productId: null },
    TEST: { environment: 'SANDBOX', subscriptionKey: null, isFamilyShare: false, entitlementKeys: [] },
    TEST_2023_no_app_id: { environment: 'SANDBOX', productId: 'test_product' },
    TRANSFER: {
      ...nothing,
      names: ['00005A1C-6091-4F81-BE77-F0A83A271AB6'],
      transferredTo: ['4BEDB450-8EF2-11E9-B475-0800200C9A66'],
      occurredAt: new Date('4466-09-30T20:43:18.798Z'),
      environment: 'PRODUCTION',
      productId: null,
    },
    TRANSFER_2021_no_environment: {
      names: ['61269cde7996bf0008f90fd7'],
      transferredTo: ['6126be600a3d460009c293fc'],
      environment: null,
    },
    UNCANCELLATION: { ...user, productId: 'com.subscription.monthly', entitlementKeys: ['plus'] },
    VIRTUAL_CURRENCY_TRANSACTION: { names: ['1234567890', both[1] ?? ''], environment: null, expiresAt: null },
  }
  /** The folder also contains REST responses and a subfolder with histories. */
  const files = existsSync(fixtures)
    ? readdirSync(fixtures).filter((file) => file.endsWith('.json') && !file.startsWith('rest_'))
    : []

  test('are all tested', () => {
    expect(files.map((file) => file.replace('.json', '')).sort()).toEqual(Object.keys(expected).sort())
  })

  test.each(files)('%s', (file) => {
    const event = read(readFileSync(new URL(file, fixtures), 'utf8'))
    expect(event).toMatchObject(expected[file.replace('.json', '')] ?? {})
  })
})

describe('other events', () => {
  test('an event with only the required fields', () => {
    expect(readEvent({})).toEqual({
      ...nothing,
      eventId: 'event_1',
      type: 'RENEWAL',
      occurredAt: at(1_795_251_600_000),
      environment: null,
      names: [],
      transferredTo: [],
      productId: null,
      store: null,
      periodType: null,
      resumesAt: null,
    })
  })

  test.each<[object, Partial<PurchaseEvent>]>([
    [{ app_user_id: 12_345, aliases: [67, '12345'] }, { names: ['12345', '67'] }],
    [{ app_user_id: ' a\0b\ud800 ', aliases: ['ab\ufffd'] }, { names: ['ab\ufffd'] }],
    [{ app_user_id: null, original_app_user_id: '', aliases: null }, { names: [] }],
    [{ aliases: 'one' }, { names: [] }],
    [{ aliases: ['one', null, {}, ['two'], true, 'three'] }, { names: ['one', 'three'] }],
    [{ aliases: ['x'.repeat(1_500), 'x'.repeat(1_501), '語'.repeat(900)] }, { names: ['x'.repeat(1_500)] }],
    [{ transaction_id: 1000000652379790 }, { transactionId: '1000000652379790', subscriptionKey: '1000000652379790' }],
    [
      { original_transaction_id: '1', transaction_id: '2' },
      { subscriptionKey: '1', transactionId: '2' },
    ],
    [{ transaction_id: 'x'.repeat(256) }, { transactionId: null }],
    [{ product_id: 'premium:monthly' }, { productId: 'premium:monthly' }],
    [{ entitlement_ids: null, entitlement_id: 'plus' }, { entitlementKeys: ['plus'] }],
    [{ entitlement_ids: ['plus', 'plus'], entitlement_id: 'old' }, { entitlementKeys: ['plus'] }],
    [
      { environment: 'sandbox', store: 'play_store', period_type: 7 },
      { environment: 'SANDBOX', periodType: null },
    ],
    [{ is_family_share: 'yes' }, { isFamilyShare: false }],
    [{ is_family_share: true }, { isFamilyShare: true }],
    [{ expiration_at_ms: '1795251600000' }, { expiresAt: at(1_795_251_600_000) }],
    [{ expiration_at_ms: 8.64e15 }, { expiresAt: at(8.64e15) }],
    [{ expiration_reason: 'SUBSCRIPTION_PAUSED' }, { reason: 'SUBSCRIPTION_PAUSED' }],
    [{ quantity: 3 }, { quantity: 3 }],
    [{ quantity: 0 }, { quantity: 1 }],
    [{ quantity: -2 }, { quantity: 1 }],
    [{ quantity: 1.5 }, { quantity: 1 }],
    [{ quantity: 10_001 }, { quantity: 1 }],
    [{ quantity: '3' }, { quantity: 1 }],
    [{ price: 'free', subscriber_attributes: 'none', currency: 5, experiments: {} }, { names: [] }],
  ])('%j', (fields, expected) => {
    expect(readEvent(fields)).toMatchObject(expected)
  })

  test('keeps 200 ids of a customer, the app user id first', () => {
    const { names } = readEvent({
      app_user_id: 'first',
      aliases: Array.from({ length: 5_000 }, (_, n) => `alias_${n}`),
    })
    expect(names).toHaveLength(200)
    expect(names.slice(0, 2)).toEqual(['first', 'alias_0'])
  })

  test.each([
    { expiration_at_ms: 'never' },
    { expiration_at_ms: 8.64e15 + 1 },
    { expiration_at_ms: -1 },
    { expiration_at_ms: true },
    { purchased_at_ms: '2026-11-21T09:00:00Z' },
    { grace_period_expiration_at_ms: {} },
  ])('throws for %j, since a missing date would mean access without end', (fields) => {
    expect(() => readEvent(fields)).toThrow()
  })
})
