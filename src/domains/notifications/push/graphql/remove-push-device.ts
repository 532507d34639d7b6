import { builder } from '../../../../graphql/builder.ts'
import { parseInputId, toGlobalId } from '../../../../graphql/ids.ts'
import { perMinute } from '../../../../graphql/limits/mutation-rate.ts'
import { notifications } from '../../services.ts'
import { removeDevice } from '../remove-device.ts'

const RemovePushDeviceInput = builder.inputType('RemovePushDeviceInput', {
  description: 'The device to remove.',
  fields: (t) => ({
    deviceId: t.id({ required: true, description: "The device's global ID." }),
  }),
})

const RemovePushDevicePayload = builder.objectRef<{ readonly deviceId: string }>('RemovePushDevicePayload').implement({
  description: 'Returned when the device was removed, now or earlier.',
  fields: (t) => ({
    deviceId: t.id({
      description: "The device's global ID.",
      resolve: ({ deviceId }) => toGlobalId('PushDevice', deviceId),
    }),
  }),
})

builder.mutationField('removePushDevice', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: RemovePushDevicePayload,
    nullable: true,
    rate: perMinute(60),
    description: 'Removes a device of the signed-in user: it receives no more push messages.',
    errors: { union: { description: 'The ID of the device or an error.' } },
    args: { input: t.arg({ type: RemovePushDeviceInput, required: true, description: 'The device.' }) },
    resolve: async (_root, { input }, { viewer, services }) => {
      const deviceId = parseInputId('PushDevice', input.deviceId, 'deviceId')
      await removeDevice(services(notifications), viewer, deviceId)
      return { deviceId }
    },
  }),
)
