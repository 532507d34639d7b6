import type { Checkout } from '../../generated/prisma/client.ts'

/** Time ends a checkout; the sweep only writes that down. */
export function checkoutStatusAt({ status, expiresAt }: Checkout, now: Date): Checkout['status'] {
  const isOpen = status === 'PENDING' || status === 'READY'
  return isOpen && expiresAt <= now ? 'EXPIRED' : status
}
