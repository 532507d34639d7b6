import type { Activity, Prisma } from '../../../generated/prisma/client.ts'
import { builder } from '../../../graphql/builder.ts'
import { pageArgs, pageOfRelation } from '../../../graphql/connection.ts'
import type { Order, PageArgs } from '../../../graphql/keyset.ts'
import { ActivityNode } from './activity.ts'
import { ActivityStatus, Sport } from './enums.ts'

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
