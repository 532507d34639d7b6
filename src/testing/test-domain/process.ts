import { domains } from '../../app/domains.ts'
import { runProcess } from '../../app/process/process.ts'
import { readSettings } from '../../config/config.ts'
import { readEnvironment } from '../../config/env.ts'
import { notesDomain } from './domain.ts'

/** Pacer with one domain more, as a process of its own: a process has one GraphQL schema. */
await runProcess(readSettings(readEnvironment()), {
  role: 'all',
  endWithParent: true,
  domains: [...domains, notesDomain],
})
process.exit()
