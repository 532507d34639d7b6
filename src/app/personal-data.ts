import { activitiesOfPerson } from '../domains/activities/index.ts'
import { purchaseEventsOf, purchasesOfPerson } from '../domains/billing/index.ts'
import { creditsOfPerson } from '../domains/credits/index.ts'
import { exportsOfPerson } from '../domains/privacy/index.ts'
import { uploadsOfPerson } from '../domains/uploads/index.ts'
import { usageOfPerson } from '../domains/usage/index.ts'
import { clerkEventsOf, userOfPerson } from '../domains/users/index.ts'
import { keysOfPerson } from '../platform/idempotency/idempotency-personal-data.ts'
import { inboxOfPerson } from '../platform/inbox/inbox-personal-data.ts'
import type { PersonalData } from '../platform/personal-data.ts'
import type { App } from './app.ts'

/** All that is held about people, in the order of erasing: what hangs on something goes before it, the person last. */
export function personalData({ db, sealer, emails, adapters }: App): PersonalData[] {
  const { bucket } = adapters
  return [
    activitiesOfPerson({ db }),
    uploadsOfPerson({ db, bucket }),
    exportsOfPerson({ db, bucket }),
    usageOfPerson,
    keysOfPerson,
    creditsOfPerson,
    inboxOfPerson({ sealer, eventsOf: [clerkEventsOf, purchaseEventsOf] }),
    purchasesOfPerson,
    userOfPerson({ emails }),
  ]
}
