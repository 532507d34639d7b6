import type { Activity, Prisma } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { ActivityNode } from './activity.ts'
import { ActivityStatus, Sport } from './enums.ts'

const ActivityFilter = builder.inputType('ActivityFilter', {
  description: 'The activities to return. Omitted fields do not restrict the result.',
  fields: (t) => ({
    sport: t.field({ type: Sport, description: 'Only activities of this sport.' }),
    from: t.field({ type: 'DateTime', description: 'Only activities that started at or after this time.' }),
    to: t.field({ type: 'DateTime', description: 'Only activities that started before this time.' }),
    status: t.field({ type: ActivityStatus, description: 'Only activities with this status.' }),
  }),
})

const ActivityOrder = builder.enumType('ActivityOrder', {
  description: 'The sort order of a list of activities.',
  values: {
    STARTED_AT_DESC: {
      description: 'Latest start first. An activity without a start time is sorted by the time it was created.',
    },
    STARTED_AT_ASC: { description: 'Earliest start first.' },
    DISTANCE_DESC: { description: 'Longest distance first. Activities without a distance come last.' },
  } as const,
})

type SortColumn = 'orderedAt' | 'distanceRank'

const orders: Record<typeof ActivityOrder.$inferType, Order<SortColumn>> = {
  STARTED_AT_DESC: { name: 'STARTED_AT_DESC', column: 'orderedAt', direction: 'desc', kind: 'instant' },
  STARTED_AT_ASC: { name: 'STARTED_AT_ASC', column: 'orderedAt', direction: 'asc', kind: 'instant' },
  DISTANCE_DESC: { name: 'DISTANCE_DESC', column: 'distanceRank', direction: 'desc', kind: 'number' },
}

/** `orderedAt` equals `startedAt` if that is known. Filtering by both lets the index on `orderedAt` bound the range. */
function whereOf(filter: typeof ActivityFilter.$inferInput | null | undefined): Prisma.ActivityWhereInput {
  const range = { ...(filter?.from ? { gte: filter.from } : {}), ...(filter?.to ? { lt: filter.to } : {}) }
  const isBounded = Object.keys(range).length > 0
  return {
    ...statusIs(filter?.status),
    ...(filter?.sport ? sportIs(filter.sport) : {}),
    ...(isBounded ? { orderedAt: range, startedAt: range } : {}),
  }
}

/** Activities that are READY are most of a user's, others few: `rareStatus` has an index of those alone. */
function statusIs(status: typeof ActivityStatus.$inferType | null | undefined): Prisma.ActivityWhereInput {
  if (!status) return { status: { not: 'AWAITING_FILE' } }
  const isVisible = { status: { equals: status, not: 'AWAITING_FILE' } } as const
  return status === 'READY' ? isVisible : { ...isVisible, rareStatus: status }
}

/** An unknown sport is returned as OTHER, so filtering by OTHER includes it. */
function sportIs(sport: typeof Sport.$inferType): Prisma.ActivityWhereInput {
  return sport === 'OTHER' ? { OR: [{ sport }, { sport: null }] } : { sport }
}

const ActivityConnection = builder.connectionObject(
  { type: ActivityNode, name: 'ActivityConnection', description: 'A page of activities.' },
  { name: 'ActivityEdge', description: 'An activity in a connection.' },
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
    description: 'Recorded activities. Activities that are still waiting for their file are not included.',
    args: {
      ...pageArgs(t.arg, ' Valid only with the sort order with which it was returned.'),
      filter: t.arg({ type: ActivityFilter, description: 'Returns only activities that match this filter.' }),
      orderBy: t.arg({ type: ActivityOrder, defaultValue: 'STARTED_AT_DESC', description: 'The sort order.' }),
    },
    extensions: activitiesPage.extensions,
    resolve: (user, args) => activitiesPage.connect<Activity>(user, args),
  }),
}))
