import type { PushDevice } from '../../../../generated/prisma/client.ts'
import { builder } from '../../../../graphql/builder.ts'
import { perHour } from '../../../../graphql/limits/mutation-rate.ts'
import { PushServiceType } from '../../graphql/enums.ts'
import { notifications } from '../../services.ts'
import { registerDevice } from '../register-device.ts'
import { PushDeviceNode } from './push-device.ts'

const WebPushSubscriptionInput = builder.inputType('WebPushSubscriptionInput', {
  description: 'A PushSubscription of a browser, as `subscription.toJSON()` returns it.',
  fields: (t) => ({
    endpoint: t.string({ required: true, description: 'The endpoint, an https URL.' }),
    p256dh: t.string({ required: true, description: '`keys.p256dh`: the public key of the browser.' }),
    auth: t.string({ required: true, description: '`keys.auth`: a secret of the browser.' }),
  }),
})

const RegisterPushDeviceInput = builder.inputType('RegisterPushDeviceInput', {
  description: 'The device to register.',
  fields: (t) => ({
    service: t.field({ type: PushServiceType, required: true, description: 'The service of the device.' }),
    token: t.string({ description: 'The token of an app, for FCM and EXPO.' }),
    subscription: t.field({ type: WebPushSubscriptionInput, description: 'The subscription of a browser, for WEB.' }),
    label: t.string({ description: 'A name for the user, at most 100 characters: Pixel 9.' }),
  }),
})

const RegisterPushDevicePayload = builder
  .objectRef<{ readonly device: PushDevice }>('RegisterPushDevicePayload')
  .implement({
    description: 'Returned when the device was registered, now or earlier.',
    fields: (t) => ({
      device: t.expose('device', { type: PushDeviceNode, description: 'The device.' }),
    }),
  })

builder.mutationField('registerPushDevice', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: RegisterPushDevicePayload,
    nullable: true,
    rate: perHour(60),
    description:
      'Registers a browser or app for push messages. Call it at every start: a device that is registered again keeps its ID, and one that another user registered becomes yours. Beyond 20 devices, the one registered longest ago is removed.',
    errors: { union: { description: 'The device or an error.' } },
    args: { input: t.arg({ type: RegisterPushDeviceInput, required: true, description: 'The device.' }) },
    resolve: async (_root, { input }, { viewer, services }) => ({
      device: await registerDevice(services(notifications), viewer, input),
    }),
  }),
)
