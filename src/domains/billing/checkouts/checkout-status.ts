import type { Checkout } from '../../../generated/prisma/client.ts'

/** A checkout expires by time. The sweep only updates the stored status. */
export function checkoutStatusAt({ status, expiresAt }: Checkout, now: Date): Checkout['status'] {
  const isOpen = status === 'PENDING' || status === 'READY'
  return isOpen && expiresAt <= now ? 'EXPIRED' : status
}
