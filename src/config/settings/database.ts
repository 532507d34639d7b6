import type { SettingGroup } from '../setting.ts'
import { boolean, postgresUrl, wholeNumber } from '../value-schemas.ts'

export const database = {
  title: 'Database',
  settings: {
    DATABASE_URL: {
      schema: postgresUrl,
      requiredInProduction: true,
      secret: true,
      description:
        'The URL of PostgreSQL 15 or newer, of the pooler where there is one, with a login that owns no table (docs/operations.md, Postgres). Not set in development: an embedded PostgreSQL 18 is started.',
    },
    DIRECT_URL: {
      schema: postgresUrl,
      secret: true,
      description:
        'The URL of the same database without a pooler, with the role that owns the tables. Used for migrations, LISTEN and the job queue. Not set: DATABASE_URL.',
    },
    DB_POOL_SIZE: {
      schema: wholeNumber(1, 500),
      default: '5',
      secret: false,
      property: 'poolSize',
      description: 'How many connections each process opens to DATABASE_URL at most.',
    },
    AUTO_MIGRATE: {
      schema: boolean,
      default: 'true',
      secret: false,
      property: 'autoMigrate',
      description: 'true: a starting process applies missing migrations, under an advisory lock, over DIRECT_URL.',
    },
  },
} as const satisfies SettingGroup
