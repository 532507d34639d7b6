import { randomBytes } from 'node:crypto'
import { Webhook } from 'svix'
import { developmentClerkId, namesFrom } from '../identity.ts'
import type { SampleDelivery } from './sample-delivery.ts'

export interface SampleInput {
  readonly type: string
  readonly email: string
  /** Another Clerk id than the one that belongs to the e-mail address. */
  readonly clerkId?: string | undefined
  readonly now: Date
}

/** A sample event in Clerk's format, signed as Svix does. */
export function sampleDelivery(secret: string, input: SampleInput): SampleDelivery {
  const { type, now } = input
  const eventId = `msg_${idOf()}`
  const body = JSON.stringify({
    data: dataOf(input),
    event_attributes: { http_request: { client_ip: '127.0.0.1', user_agent: 'webhooks send' } },
    instance_id: 'ins_development',
    object: 'event',
    timestamp: now.getTime(),
    type,
  })
  return {
    eventId,
    body,
    headers: {
      'content-type': 'application/json',
      'svix-id': eventId,
      'svix-timestamp': String(Math.floor(now.getTime() / 1_000)),
      'svix-signature': new Webhook(secret).sign(eventId, now, body),
    },
  }
}

function dataOf({ type, email, clerkId = developmentClerkId(email), now }: SampleInput): object {
  if (type === 'user.created') return userOf(clerkId, { email, now })
  // A different name, so that the update is visible.
  if (type === 'user.updated') return { ...userOf(clerkId, { email, now }), last_name: 'Updated' }
  if (type === 'user.deleted') return { deleted: true, id: clerkId, object: 'user' }
  const [object = ''] = type.split('.')
  return {
    id: `${object.slice(0, 4)}_${idOf()}`,
    object,
    user_id: clerkId,
    status: 'active',
    updated_at: now.getTime(),
  }
}

function userOf(id: string, { email, now }: { email: string; now: Date }) {
  const address = email.trim().toLowerCase()
  const addressId = `idn_${id.slice(-24)}`
  return {
    backup_code_enabled: false,
    banned: false,
    create_organization_enabled: true,
    created_at: now.getTime(),
    delete_self_enabled: true,
    email_addresses: [
      {
        email_address: address,
        id: addressId,
        linked_to: [],
        object: 'email_address',
        verification: {
          attempts: 1,
          expire_at: null,
          object: 'verification',
          status: 'verified',
          strategy: 'email_code',
        },
      },
    ],
    external_accounts: [],
    external_id: null,
    first_name: null,
    has_image: false,
    id,
    image_url: null,
    last_name: null,
    last_sign_in_at: null,
    locked: false,
    lockout_expires_in_seconds: null,
    object: 'user',
    passkeys: [],
    password_enabled: false,
    phone_numbers: [],
    primary_email_address_id: addressId,
    primary_phone_number_id: null,
    primary_web3_wallet_id: null,
    private_metadata: {},
    public_metadata: {},
    saml_accounts: [],
    totp_enabled: false,
    two_factor_enabled: false,
    unsafe_metadata: {},
    updated_at: now.getTime(),
    username: null,
    web3_wallets: [],
    ...namesFrom(address),
  }
}

const idOf = () => randomBytes(12).toString('hex')
