import type { Activity, Prisma } from '../../generated/prisma/client.ts'
import { builder } from '../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../graphql/connection.ts'
import { badUserInput } from '../../graphql/errors.ts'
import { parseId, toGlobalId } from '../../graphql/ids.ts'
import type { Order, PageArgs } from '../../graphql/keyset.ts'
import { NotFound } from '../../platform/errors.ts'
import { deleteActivity } from './delete-activity.ts'
import type { TrackPoint } from './ports.ts'
import { type ActivitySummary, summarize } from './summarize.ts'
import { titleOf } from './title.ts'
import { decodeTrack, thinTrack } from './track.ts'
import { updateActivity } from './update-activity.ts'
import { watchActivity } from './watch-activity.ts'

// ---------------------------------------------------------------- types

const ActivityStatus = builder.enumType('ActivityStatus', {
  description: 'How far an activity has come.',
  values: {
    AWAITING_FILE: { description: 'Its file has not arrived.' },
    PROCESSING: { description: 'Its file arrived and is being read.' },
    READY: { description: 'Read whole.' },
    FAILED: { description: 'The file could not be read; `failure` says why.' },
  } as const,
})

const Sport = builder.enumType('Sport', {
  description: 'Which sport.',
  values: {
    RUNNING: { description: 'On foot, running.' },
    CYCLING: { description: 'By bicycle, indoors too.' },
    SWIMMING: { description: 'In water.' },
    WALKING: { description: 'On foot, walking.' },
    HIKING: { description: 'On foot, in nature.' },
    ROWING: { description: 'In a boat or on a machine.' },
    STRENGTH: { description: "With weights or the body's own." },
    OTHER: { description: 'Anything else, or unknown.' },
  } as const,
})

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

const ActivityNode = builder.prismaNode('Activity', {
  id: { field: 'id', description: 'Globally unique: it names the type too. Opaque to clients.' },
  description: 'Something a person did for sport, as a device recorded it. What was not measured is null, never 0.',
  findUnique: (id, { viewer }) => ({ id, userId: viewer?.user.id ?? '' }),
  fields: (t) => ({
    title: t.string({
      description: "What the person called it, else made from the sport and the local time of day: 'Morning run'.",
      resolve: titleOf,
    }),
    sport: t.field({
      type: Sport,
      description: 'Which sport; OTHER while unknown.',
      resolve: (activity) => activity.sport ?? 'OTHER',
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

// ---------------------------------------------------------------- lists

const ActivityFilter = builder.inputType('ActivityFilter', {
  description: 'Which activities to list; what is left out does not matter.',
  fields: (t) => ({
    sport: t.field({ type: Sport, description: 'Only this sport.' }),
    from: t.field({ type: 'DateTime', description: 'Begun at this instant or later.' }),
    to: t.field({ type: 'DateTime', description: 'Begun before this instant.' }),
    status: t.field({ type: ActivityStatus, description: 'Only those in this state.' }),
  }),
})

const ActivityOrder = builder.enumType('ActivityOrder', {
  description: 'The order of a list of activities.',
  values: {
    STARTED_AT_DESC: {
      description: 'The latest start first; where the start is unknown, the time of creation stands for it.',
    },
    STARTED_AT_ASC: { description: 'The earliest start first.' },
    DISTANCE_DESC: { description: 'The longest first; those without a distance last.' },
  } as const,
})

type SortColumn = 'orderedAt' | 'distanceRank'

const orders: Record<typeof ActivityOrder.$inferType, Order<SortColumn>> = {
  STARTED_AT_DESC: { name: 'STARTED_AT_DESC', column: 'orderedAt', direction: 'desc', kind: 'instant' },
  STARTED_AT_ASC: { name: 'STARTED_AT_ASC', column: 'orderedAt', direction: 'asc', kind: 'instant' },
  DISTANCE_DESC: { name: 'DISTANCE_DESC', column: 'distanceRank', direction: 'desc', kind: 'number' },
}

/** `orderedAt` is `startedAt` where that is known: named beside it, it lets the index bound the search. */
function whereOf(filter: typeof ActivityFilter.$inferInput | null | undefined): Prisma.ActivityWhereInput {
  const range = { ...(filter?.from ? { gte: filter.from } : {}), ...(filter?.to ? { lt: filter.to } : {}) }
  const isBounded = Object.keys(range).length > 0
  return {
    status: filter?.status ? { equals: filter.status, not: 'AWAITING_FILE' } : { not: 'AWAITING_FILE' },
    ...(filter?.sport ? sportIs(filter.sport) : {}),
    ...(isBounded ? { orderedAt: range, startedAt: range } : {}),
  }
}

/** An unknown sport is shown as OTHER, and so is found as OTHER. */
function sportIs(sport: typeof Sport.$inferType): Prisma.ActivityWhereInput {
  return sport === 'OTHER' ? { OR: [{ sport }, { sport: null }] } : { sport }
}

const ActivityConnection = builder.connectionObject(
  { type: ActivityNode, name: 'ActivityConnection', description: 'A page of activities.' },
  { name: 'ActivityEdge', description: 'An activity in a list.' },
)

interface ActivityListArgs extends PageArgs {
  readonly filter?: typeof ActivityFilter.$inferInput | null | undefined
  readonly orderBy?: typeof ActivityOrder.$inferType | null | undefined
}

const activitiesPage = pageOfRelation('activities', ({ filter, orderBy }: ActivityListArgs) => ({
  where: whereOf(filter),
  order: orders[orderBy ?? 'STARTED_AT_DESC'],
}))

builder.prismaObjectFields('User', (t) => ({
  activities: t.field({
    type: ActivityConnection,
    description: 'Recorded activities; those still waiting for their file are left out.',
    args: {
      ...pageArgs(t.arg, ' It goes with the order that it came from.'),
      filter: t.arg({ type: ActivityFilter, description: 'Only those that fit.' }),
      orderBy: t.arg({ type: ActivityOrder, defaultValue: 'STARTED_AT_DESC', description: 'In which order.' }),
    },
    extensions: activitiesPage.extensions,
    resolve: (user, args) => activitiesPage.connect<Activity>(user, args),
  }),
}))

const SummaryPeriod = builder.enumType('SummaryPeriod', {
  description: 'What to sum by.',
  values: {
    WEEK: { value: 'week', description: 'ISO weeks, from Monday.' },
    MONTH: { value: 'month', description: 'Calendar months.' },
  } as const,
})

const ActivitySummaryType = builder.objectRef<ActivitySummary>('ActivitySummary').implement({
  description: 'The sums of one week or month. Weeks are ISO weeks, from Monday.',
  fields: (t) => ({
    startsOn: t.expose('startsOn', {
      type: 'Date',
      description: "The first day of the period, in the user's time zone.",
    }),
    count: t.exposeInt('count', { description: 'How many activities.' }),
    distanceMeters: t.exposeFloat('distanceMeters', { description: 'The distance of those that have one.' }),
    durationSeconds: t.exposeFloat('durationSeconds', { description: 'The duration of all.' }),
    elevationGainMeters: t.exposeFloat('elevationGainMeters', { description: 'The ascent of those that have one.' }),
  }),
})

builder.prismaObjectFields('User', (t) => ({
  activitySummaries: t.field({
    type: [ActivitySummaryType],
    description:
      "Sums per week or month in the user's time zone, newest first. Periods without an activity are left out.",
    args: {
      period: t.arg({ type: SummaryPeriod, required: true, description: 'What to sum by.' }),
      last: t.arg.int({
        defaultValue: 12,
        description: 'The newest so many periods that have an activity, 1 to 100.',
      }),
    },
    resolve: (user, { period, last }, { db }) =>
      summarize(db.prisma, {
        userId: user.id,
        timeZone: user.timeZone,
        period,
        last: Math.min(Math.max(last ?? 12, 1), 100),
      }),
  }),
}))

// ---------------------------------------------------------------- what uploads make

for (const payload of ['RequestUploadPayload', 'CompleteUploadPayload'] as const) {
  builder.objectField(payload, 'activity', (t) =>
    t.prismaField({
      type: ActivityNode,
      nullable: true,
      description:
        payload === 'RequestUploadPayload'
          ? 'Set for ACTIVITY uploads.'
          : 'Set for ACTIVITY uploads; its file is being read.',
      resolve: (query, { upload }, _args, { db }) =>
        db.prisma.activity.findUnique({ ...query, where: { uploadId: upload.id } }),
    }),
  )
}

// ---------------------------------------------------------------- changing

const UpdateActivityInput = builder.inputType('UpdateActivityInput', {
  description:
    'What to change of an activity. A field left out stays; a title set to null is made from the sport and the time again. A sport cannot be cleared: choose OTHER.',
  fields: (t) => ({
    activityId: t.id({ required: true, description: "The activity's global id." }),
    title: t.string({ description: '1 to 200 characters.' }),
    sport: t.field({ type: Sport, description: 'Which sport it was.' }),
  }),
})

const UpdateActivityPayload = builder.objectRef<{ readonly id: string }>('UpdateActivityPayload').implement({
  description: 'A changed activity.',
  fields: (t) => ({
    activity: t.prismaField({
      type: ActivityNode,
      description: 'The activity as it is now.',
      resolve: (query, { id }, _args, { db }) => db.prisma.activity.findUniqueOrThrow({ ...query, where: { id } }),
    }),
  }),
})

builder.mutationField('updateActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: UpdateActivityPayload,
    nullable: true,
    description: 'Changes what an activity is called or which sport it is.',
    errors: { types: [NotFound], union: { description: 'The changed activity, or why it is not.' } },
    args: {
      input: t.arg({ type: UpdateActivityInput, required: true, description: 'The activity and what to change.' }),
    },
    resolve: (_root, { input: { activityId, ...changes } }, { viewer, db }) => {
      const id = parseId('Activity', activityId, ['input', 'activityId'])
      return db.transaction((tx) => updateActivity(tx, { userId: viewer.user.id, activityId: id, ...changes }))
    },
  }),
)

const DeleteActivityPayload = builder.objectRef<{ readonly deletedId: string }>('DeleteActivityPayload').implement({
  description: 'A removed activity.',
  fields: (t) => ({
    deletedId: t.exposeID('deletedId', { description: 'The global id of what is gone.' }),
  }),
})

builder.mutationField('deleteActivity', (t) =>
  t.withAuth({ signedIn: true }).field({
    type: DeleteActivityPayload,
    nullable: true,
    description: 'Removes an activity, its series and its file.',
    errors: { types: [NotFound], union: { description: 'The removed activity, or why it is not.' } },
    args: { activityId: t.arg.id({ required: true, description: "The activity's global id." }) },
    resolve: async (_root, args, { viewer, db, clock }) => {
      const activityId = parseId('Activity', args.activityId, ['activityId'])
      await db.transaction((tx) => deleteActivity(tx, { userId: viewer.user.id, activityId, now: clock() }))
      return { deletedId: toGlobalId('Activity', activityId) }
    },
  }),
)

builder.subscriptionField('activityUpdated', (t) =>
  t.withAuth({ signedIn: true }).prismaField({
    type: ActivityNode,
    description: 'Begins with the present state, then every change; ends when the activity is deleted.',
    args: { activityId: t.arg.id({ required: true, description: "The activity's global id." }) },
    subscribe: (_root, args, { viewer, db, events, signal }) => {
      const activityId = parseId('Activity', args.activityId, ['activityId'])
      return watchActivity({ db, events }, { userId: viewer.user.id, activityId, signal })
    },
    resolve: async (query, activityId, _args, { db }) => {
      const activity = await db.prisma.activity.findUnique({ ...query, where: { id: activityId as string } })
      // Deleted since its last change was seen: the stream ends at the next look.
      if (!activity) throw new NotFound('activity')
      return activity
    },
  }),
)
