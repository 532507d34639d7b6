import type { Activity } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import type { Context } from '../../../graphql/context.ts'
import { badUserInput } from '../../../graphql/errors.ts'
import { costing, countOf } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import { readsColumns } from '../../../graphql/selected-columns.ts'
import { describeFailure } from '../failure.ts'
import type { TrackPoint } from '../ports.ts'
import { titleOf } from '../title.ts'
import { decodeTrack, thinTrack } from '../track.ts'
import { ActivityStatus, Sport } from './enums.ts'

const Lap = builder.prismaObject('ActivityLap', {
  name: 'Lap',
  description: 'A lap, as marked by the device or the user.',
  fields: (t) => ({
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the lap started.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { nullable: true, description: 'The distance covered.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'The duration.' }),
    averageHeartRateBpm: t.exposeInt('averageHeartRateBpm', { nullable: true, description: 'The average heart rate.' }),
  }),
})

const TrackPointType = builder.objectRef<TrackPoint>('TrackPoint').implement({
  description: 'A point of the recorded track.',
  fields: (t) => ({
    elapsedSeconds: t.exposeFloat('elapsedSeconds', { description: 'The number of seconds since the start.' }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'The latitude in degrees north (WGS 84).' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'The longitude in degrees east (WGS 84).' }),
    altitudeMeters: t.exposeFloat('altitudeMeters', { nullable: true, description: 'The height above sea level.' }),
    distanceMeters: t.exposeFloat('distanceMeters', {
      nullable: true,
      description: 'The distance covered since the start.',
    }),
    heartRateBpm: t.exposeInt('heartRateBpm', { nullable: true, description: 'The heart rate.' }),
    speedMetersPerSecond: t.exposeFloat('speedMetersPerSecond', { nullable: true, description: 'The speed.' }),
    cadenceRpm: t.exposeFloat('cadenceRpm', {
      nullable: true,
      description: 'The cadence. For runs: strides of one foot per minute.',
    }),
    powerWatts: t.exposeInt('powerWatts', { nullable: true, description: 'The power.' }),
  }),
})

const maxTrackPoints = 5_000

export const ActivityNode = builder.prismaNode('Activity', {
  ...ownedByUser,
  id: { field: 'id', description: 'The global ID. It is unique across all types; treat it as opaque.' },
  description: 'A sports activity, as recorded by a device. Values that were not measured are null, never 0.',
  fields: (t) => ({
    title: t.string({
      description:
        "The title that the user set, or else one generated from the sport and the local time of day. Example: 'Morning run'.",
      ...readsColumns({ title: true, sport: true, startedAt: true, utcOffsetMinutes: true }, titleOf),
    }),
    sport: t.field({
      type: Sport,
      description: 'The sport. OTHER if it is unknown.',
      ...readsColumns({ sport: true }, ({ sport }: Pick<Activity, 'sport'>) => sport ?? 'OTHER'),
    }),
    status: t.expose('status', { type: ActivityStatus, description: "The status of reading the activity's file." }),
    failure: t.string({
      nullable: true,
      description: "Why the file could not be read, in the viewer's language. Set when the status is FAILED.",
      ...readsColumns(
        { failure: true, failureMessage: true },
        (row: Pick<Activity, 'failure' | 'failureMessage'>, _args: object, { localization }: Context) =>
          describeFailure(row, localization()),
      ),
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When the activity started.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { nullable: true, description: 'The distance covered.' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: "The duration, without pauses of the device's timer.",
    }),
    movingSeconds: t.exposeFloat('movingSeconds', {
      nullable: true,
      description: 'The time during which the user was moving.',
    }),
    elevationGainMeters: t.exposeFloat('elevationGainMeters', {
      nullable: true,
      description: 'The total ascent.',
    }),
    averageSpeedMetersPerSecond: t.exposeFloat('averageSpeedMetersPerSecond', {
      nullable: true,
      description: 'The distance divided by the duration.',
    }),
    averageHeartRateBpm: t.exposeInt('averageHeartRateBpm', { nullable: true, description: 'The average heart rate.' }),
    maxHeartRateBpm: t.exposeInt('maxHeartRateBpm', { nullable: true, description: 'The highest heart rate.' }),
    averageCadenceRpm: t.exposeFloat('averageCadenceRpm', {
      nullable: true,
      description: 'The average cadence. For runs: strides of one foot per minute.',
    }),
    caloriesKcal: t.exposeInt('caloriesKcal', {
      nullable: true,
      description: 'The energy used, as estimated by the device.',
    }),
    device: t.exposeString('device', {
      nullable: true,
      description: "The device that recorded the activity. Example: 'Garmin Fenix 2'.",
    }),
    laps: t.relation('laps', {
      type: Lap,
      description: 'The laps, in order.',
      query: { orderBy: { position: 'asc' } },
    }),
    track: t.field({
      type: [TrackPointType],
      description: 'The recorded track, evenly reduced to at most this many points.',
      extensions: costing({ own: ({ maxPoints }) => 10 + countOf(maxPoints ?? 500, maxTrackPoints) / 100 }),
      args: {
        maxPoints: t.arg.int({
          defaultValue: 500,
          description: 'The maximum number of points, 1 to 5000. The first and the last point are always included.',
        }),
      },
      select: { track: true },
      resolve: ({ track }, args) => {
        const maxPoints = args.maxPoints ?? 500
        if (maxPoints < 1 || maxPoints > maxTrackPoints)
          throw badUserInput(`maxPoints must be between 1 and ${maxTrackPoints}.`)
        return track ? thinTrack(decodeTrack(track.data), maxPoints) : []
      },
    }),
    upload: t.relation('upload', { nullable: true, description: 'The file from which the activity was read.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the activity was created on this server.',
    }),
  }),
})
