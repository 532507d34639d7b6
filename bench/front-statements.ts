import { decodeGlobalId, toGlobalId } from '../src/graphql/ids.ts'

export interface StatementByHand {
  readonly sql: string
  /** The parameters after the Clerk id of the viewer. */
  readonly values?: (variables: never) => unknown[]
  readonly toData: (rows: never) => object
}

interface UserRow {
  readonly id: string
  readonly first_name: string
  readonly last_name: string
  readonly time_zone: string
  readonly locale: string
  readonly role: string
  readonly created_at: Date
}

interface ActivityRow {
  readonly id: string
  readonly title: string
  readonly sport: string
  readonly status: string
  readonly started_at: Date
  readonly ordered_at: Date
  readonly distance_meters: number
  readonly duration_seconds: number
  readonly device: string
}

interface NestedRow {
  readonly id: string
  readonly name: string
  /** From JSON, so instants are strings. */
  readonly activities: readonly (Pick<ActivityRow, 'id' | 'title' | 'sport' | 'distance_meters'> & {
    readonly started_at: string
  })[]
}

const pageSize = 20

/** One statement per operation, by its name. It returns no rows if the user may not sign in. */
export const statements: Readonly<Record<string, StatementByHand>> = {
  Typename: {
    sql: `SELECT id FROM users WHERE clerk_id = $1 AND standing = 'ACTIVE'`,
    toData: () => ({ __typename: 'Query' }),
  },
  Me: {
    sql: `SELECT id, first_name, last_name, time_zone, locale, role, created_at
          FROM users WHERE clerk_id = $1 AND standing = 'ACTIVE'`,
    toData: ([user]: [UserRow]) => ({
      me: {
        id: toGlobalId('User', user.id),
        name: `${user.first_name} ${user.last_name}`,
        firstName: user.first_name,
        lastName: user.last_name,
        timeZone: user.time_zone,
        locale: user.locale,
        role: user.role,
        createdAt: user.created_at,
      },
    }),
  },
  Page: {
    sql: `SELECT a.id, title, sport, status, started_at, ordered_at, distance_meters, duration_seconds, device
          FROM users JOIN activities AS a ON a.user_id = users.id
          WHERE clerk_id = $1 AND standing = 'ACTIVE' AND a.status <> 'AWAITING_FILE'
          ORDER BY a.ordered_at DESC, a.id DESC LIMIT ${pageSize + 1}`,
    toData: (rows: readonly ActivityRow[]) => {
      const edges = rows.slice(0, pageSize).map((row) => ({
        cursor: cursorOf(row),
        node: {
          id: toGlobalId('Activity', row.id),
          title: row.title,
          sport: row.sport,
          status: row.status,
          startedAt: row.started_at,
          distanceMeters: row.distance_meters,
          durationSeconds: row.duration_seconds,
          device: row.device,
        },
      }))
      const pageInfo = { hasNextPage: rows.length > pageSize, endCursor: edges.at(-1)?.cursor }
      return { me: { activities: { edges, pageInfo } } }
    },
  },
  Nested: {
    sql: `WITH admin AS (SELECT id FROM users WHERE clerk_id = $1 AND standing = 'ACTIVE'),
          page AS (
            SELECT id, first_name || ' ' || last_name AS name, created_at FROM users
            WHERE is_present AND EXISTS (SELECT FROM admin) ORDER BY created_at DESC, id DESC LIMIT ${pageSize}),
          recorded AS (
            INSERT INTO audit_log (id, actor_id, action, subject_id, operation, created_at)
            SELECT uuid_v7(now()), admin.id, 'person.read', page.id, 'Nested { users }', now() FROM admin, page)
          SELECT page.id, page.name, (
            SELECT json_agg(run) FROM (
              SELECT id, title, sport, started_at, distance_meters FROM activities
              WHERE user_id = page.id AND status <> 'AWAITING_FILE' ORDER BY ordered_at DESC, id DESC LIMIT 10
            ) AS run) AS activities
          FROM page ORDER BY created_at DESC, page.id DESC`,
    toData: (rows: readonly NestedRow[]) => ({
      users: {
        edges: rows.map(({ id, name, activities }) => ({
          node: {
            id: toGlobalId('User', id),
            name,
            activities: {
              edges: activities.map((row) => ({
                node: {
                  id: toGlobalId('Activity', row.id),
                  title: row.title,
                  sport: row.sport,
                  startedAt: new Date(row.started_at),
                  distanceMeters: row.distance_meters,
                },
              })),
            },
          },
        })),
      },
    }),
  },
  Rename: {
    sql: `UPDATE activities AS a SET title = $3, revision = revision + 1 FROM users
          WHERE a.id = $2 AND a.user_id = users.id AND clerk_id = $1 AND standing = 'ACTIVE'
          RETURNING a.id, a.title, a.sport`,
    values: ({ input }: { input: { activityId: string; title: string } }) => [
      decodeGlobalId(input.activityId)?.id,
      input.title,
    ],
    toData: ([row]: [ActivityRow]) => ({
      updateActivity: { activity: { id: toGlobalId('Activity', row.id), title: row.title, sport: row.sport } },
    }),
  },
}

function cursorOf({ ordered_at, id }: ActivityRow): string {
  return Buffer.from(JSON.stringify(['STARTED_AT_DESC', ordered_at.getTime(), id])).toString('base64url')
}
