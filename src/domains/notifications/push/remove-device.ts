import { runAs, type Viewer } from '../../users/index.ts'
import type { NotificationsServices } from '../services.ts'

/** Removes a device of the user. Repeating it has no further effect. */
export async function removeDevice(
  services: Pick<NotificationsServices, 'db'>,
  viewer: Viewer,
  deviceId: string,
): Promise<void> {
  await runAs(services, viewer, (tx) => tx.pushDevice.deleteMany({ where: { id: deviceId, userId: viewer.id } }))
}
