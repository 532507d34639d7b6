import type { Activity } from '../../../generated/prisma/client.ts'
import { reading } from '../../../graphql/asked-columns.ts'
import { builder } from '../../../graphql/builder.ts'
import { badUserInput } from '../../../graphql/errors.ts'
import { costing, countOf } from '../../../graphql/limits/field-cost.ts'
import { ownedByUser } from '../../../graphql/owned.ts'
import type { TrackPoint } from '../ports.ts'
import { titleOf } from '../title.ts'
import { decodeTrack, thinTrack } from '../track.ts'
import { ActivityStatus, Sport } from './enums.ts'

const Lap = builder.prismaObject('ActivityLap', {
  name: 'Lap',
  description: 'A lap, as the device or the person marked it.',
  fields: (t) => ({
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { nullable: true, description: 'The distance covered.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'How long it took.' }),
    averageHeartRateBpm: t.exposeInt('averageHeartRateBpm', { nullable: true, description: 'The mean heart rate.' }),
  }),
})

const TrackPointType = builder.objectRef<TrackPoint>('TrackPoint').implement({
  description: 'A moment of the recording.',
  fields: (t) => ({
    elapsedSeconds: t.exposeFloat('elapsedSeconds', { description: 'Seconds since the start.' }),
    latitude: t.exposeFloat('latitude', { nullable: true, description: 'Degrees north, WGS 84.' }),
    longitude: t.exposeFloat('longitude', { nullable: true, description: 'Degrees east, WGS 84.' }),
    altitudeMeters: t.exposeFloat('altitudeMeters', { nullable: true, description: 'Height above the sea.' }),
    distanceMeters: t.exposeFloat('distanceMeters', {
      nullable: true,
      description: 'The distance covered since the start.',
    }),
    heartRateBpm: t.exposeInt('heartRateBpm', { nullable: true, description: 'The heart rate.' }),
    speedMetersPerSecond: t.exposeFloat('speedMetersPerSecond', { nullable: true, description: 'The speed.' }),
    cadenceRpm: t.exposeFloat('cadenceRpm', {
      nullable: true,
      description: 'The cadence; for runs, strides of one foot per minute.',
    }),
    powerWatts: t.exposeInt('powerWatts', { nullable: true, description: 'The power.' }),
  }),
})

const maxTrackPoints = 5_000

export const ActivityNode = builder.prismaNode('Activity', {
  ...ownedByUser,
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'Something a person did for sport, as a device recorded it. What was not measured is null, never 0.',
  fields: (t) => ({
    title: t.string({
      description: "What the person called it, else made from the sport and the local time of day: 'Morning run'.",
      ...reading({ title: true, sport: true, startedAt: true, utcOffsetMinutes: true }, titleOf),
    }),
    sport: t.field({
      type: Sport,
      description: 'Which sport; OTHER while unknown.',
      ...reading({ sport: true }, ({ sport }: Pick<Activity, 'sport'>) => sport ?? 'OTHER'),
    }),
    status: t.expose('status', { type: ActivityStatus, description: 'How far the reading of its file has come.' }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why the file could not be read; set when FAILED.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true, description: 'When it began.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { nullable: true, description: 'The distance covered.' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: "How long it took, without the pauses of the device's timer.",
    }),
    movingSeconds: t.exposeFloat('movingSeconds', { nullable: true, description: 'How long the person was moving.' }),
    elevationGainMeters: t.exposeFloat('elevationGainMeters', {
      nullable: true,
      description: 'How far it went up in all.',
    }),
    averageSpeedMetersPerSecond: t.exposeFloat('averageSpeedMetersPerSecond', {
      nullable: true,
      description: 'Distance by duration.',
    }),
    averageHeartRateBpm: t.exposeInt('averageHeartRateBpm', { nullable: true, description: 'The mean heart rate.' }),
    maxHeartRateBpm: t.exposeInt('maxHeartRateBpm', { nullable: true, description: 'The highest heart rate.' }),
    averageCadenceRpm: t.exposeFloat('averageCadenceRpm', {
      nullable: true,
      description: 'The mean cadence; for runs, strides of one foot per minute.',
    }),
    caloriesKcal: t.exposeInt('caloriesKcal', {
      nullable: true,
      description: 'Energy, as the device estimated it.',
    }),
    device: t.exposeString('device', { nullable: true, description: "What recorded it: 'Garmin Fenix 2'." }),
    laps: t.relation('laps', {
      type: Lap,
      description: 'The laps in order.',
      query: { orderBy: { position: 'asc' } },
    }),
    track: t.field({
      type: [TrackPointType],
      description: 'The recorded series, thinned evenly to at most this many points.',
      extensions: costing({ own: ({ maxPoints }) => 10 + countOf(maxPoints ?? 500, maxTrackPoints) / 100 }),
      args: {
        maxPoints: t.arg.int({ defaultValue: 500, description: '1 to 5000; the first and the last point stay.' }),
      },
      select: { track: true },
      resolve: ({ track }, args) => {
        const maxPoints = args.maxPoints ?? 500
        if (maxPoints < 1 || maxPoints > maxTrackPoints) throw badUserInput(`maxPoints must be 1 to ${maxTrackPoints}.`)
        return track ? thinTrack(decodeTrack(track.data), maxPoints) : []
      },
    }),
    upload: t.relation('upload', { nullable: true, description: 'The file that it was read from.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it came to be here.' }),
  }),
})
